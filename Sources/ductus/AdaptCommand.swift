import ArgumentParser
import DuctusAdaptation
import DuctusDocuments
import DuctusDrawing
import DuctusFoundations
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import DuctusTraining
import Foundation

extension CorrectionChoice: ExpressibleByArgument {}
extension Poison: ExpressibleByArgument {}

struct AdaptCommand: ParsableCommand {
    private static let keys = LearningPlan.setters.keys.sorted().joined(separator: ", ")

    enum Range: String, ExpressibleByArgument, CaseIterable {
        case writer, shared
    }

    static let configuration = CommandConfiguration(
        commandName: "adapt",
        abstract: "Measure what corrections would teach: the daemon's check, learner and gate, off line.")

    @Option(help: "Model folder or weight file. Default: models/english here, or the installed one.")
    var model: String?

    @Option(parsing: .upToNextOption, help: "Labelled lines whose writers correct some of them.")
    var data: [String]

    @Option(help: "Labelled lines that are measured on, and never trained on.")
    var canary: String

    @Option(help: "How many of a writer's lines are corrected; others are measured.")
    var lines = 16

    @Option(help: "What is trained: each writer's own weights, or everyone's.")
    var scope = Range.writer

    @Option(help: "Which lines are corrected, of those that --pool sets aside.")
    var choose = CorrectionChoice.first

    @Option(
        help: "A writer's first lines that are not measured, so that what is corrected can be chosen. Default: --lines."
    )
    var pool: Int?

    @Option(help: "Make the corrections wrong.")
    var poison: Poison?

    @Option(help: "Do it for 1, 2, 4, … lines up to --lines, the same lines measured, and draw the curve: an SVG file.")
    var curve: String?

    @Option(
        help:
            "Use at most so many canary lines, spread over the file. For everyone's weights the gate sees every second of them."
    )
    var canaryLines = 160

    @Option(help: "Use only the first so many writers of each file.")
    var writers: Int?

    @Option(
        help:
            "Hold the weights by their importance (Fisher diagonal) for these labelled lines of the training, not by the model's."
    )
    var fisher: String?

    @Option(help: "Rehearse these labelled lines.")
    var rehearse: String?

    @Option(help: "Change the plan: KEY=VALUE, KEY one of \(AdaptCommand.keys). May be repeated.")
    var set: [String] = []

    @Option(help: "What chance is drawn from.")
    var seed: UInt64 = 1

    @Option(help: "Threads to train and measure with.", transform: ThreadCount.parse)
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard lines >= 1 else { throw ValidationError("--lines: at least 1") }
        guard pool ?? lines >= lines else { throw ValidationError("--pool: at least as many as --lines") }
        guard canaryLines >= 1 else { throw ValidationError("--canary-lines: at least 1") }
        guard curve == nil || scope == .writer else { throw ValidationError("--curve: each writer's own weights only") }
        _ = try plan()
    }

    /// Lines of training data that tell how important a weight is, or that are rehearsed.
    private static let sampled = 500

    func run() throws {
        let base = BaseModel(try Model(contentsOf: ModelOptions.location(of: model)))
        var study = AdaptationStudy(base: base, lines: lines, plan: try plan(), gate: Gate(), threads: threads)
        study.reserved = pool ?? lines
        study.choice = choose
        study.poison = poison
        study.seed = seed
        if let rehearse { study.rehearsal = try Self.spread(rehearse, Self.sampled).map(LabelledSegment.init) }
        if let fisher {
            let sample = try Self.spread(fisher, Self.sampled).map(LabelledSegment.init)
            study.importance = try FisherDiagonal.importance(
                in: base.model.network, for: base.model.corpus(of: sample, threads: 1))
            study.plan.isElastic = true
        }
        var hands: [AdaptationStudy.Hand] = []
        for file in data {
            let found = study.hands(of: try InkFile.read(URL(filePath: file)))
            hands += found.prefix(writers ?? found.count)
        }
        guard !hands.isEmpty else {
            throw ValidationError(
                "\(data.joined(separator: ", ")): no known writer with at least \(study.leastLines) lines")
        }
        let canary = try Self.spread(canary, canaryLines)
        guard let curve else { return try show(try report(study, hands, canary: canary)) }
        var reports: [AdaptReport] = []
        for count in sequence(first: 1, next: { $0 * 2 }).prefix(while: { $0 <= lines }) {
            study.lines = count
            reports.append(try report(study, hands, canary: canary))
            try show(reports[reports.count - 1])
        }
        try AdaptReport.chart(reports).drawing().write(to: URL(filePath: curve))
    }

    /// Labelled lines of a file, evenly spread, as the model is shown them.
    private static func spread(_ file: String, _ count: Int) throws -> [InkLine] {
        let labelled = try InkFile.read(URL(filePath: file)).filter { $0.text != nil }
        guard !labelled.isEmpty else { throw ValidationError("\(file) has no labelled line") }
        let period = max(1, (labelled.count + count - 1) / count)
        return labelled.indices.filter { $0 % period == 0 }.map { AdaptationStudy.prepared(labelled[$0]) }
    }

    private func plan() throws -> LearningPlan {
        var plan = LearningPlan.plan(for: scope == .shared ? .shared : .writer(""))
        for text in set {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, LearningPlan.setters[parts[0]]?(&plan, parts[1]) ?? false else {
                throw ValidationError("--set \(text): KEY=VALUE with KEY one of \(Self.keys)")
            }
        }
        return plan
    }

    private func report(_ study: AdaptationStudy, _ hands: [AdaptationStudy.Hand], canary: [InkLine]) throws
        -> AdaptReport
    {
        var bar = ProgressBar(total: hands.count)
        defer { Terminal.endStatus() }
        switch scope {
        case .writer:
            let results = try hands.enumerated().map { index, hand in
                bar.show(index, "\(index) of \(hands.count) writers")
                return try study.writerResult(hand, canary: canary)
            }
            return AdaptReport(lines: study.lines, results)
        case .shared:
            let seen = canary.indices.filter { $0 % 2 == 0 }.map { canary[$0] }
            let unseen = canary.indices.filter { $0 % 2 == 1 }.map { canary[$0] }
            let (results, model) = try study.sharedResults(hands, canary: seen) {
                bar.show($0, "\($0) of \(hands.count) writers")
            }
            var report = AdaptReport(lines: study.lines, results)
            report.canary_before = try study.figures(study.base.model, seen).cer
            report.canary_after = try study.figures(model, seen).cer
            report.unseen_before = try study.figures(study.base.model, unseen).cer
            report.unseen_after = try study.figures(model, unseen).cer
            return report
        }
    }

    private func show(_ report: AdaptReport) throws {
        if json { try printJSON(report) } else { print(report.text) }
    }
}

/// The result of a run of the adaptation study.
struct AdaptReport: Encodable {
    /// Corrected lines of each writer.
    var lines: Int
    var writers: Int
    /// Character error rates over all characters.
    var cer_before, cer_after: Double
    /// Figures on the canary: for writers' own weights, over all of theirs; for the shared weights, on the gate's
    /// lines, before the first and after the last.
    var canary_before, canary_after: Double
    /// Canary lines that the gate did not use, for the shared weights.
    var unseen_before, unseen_after: Double?
    /// Corrections that were not taken.
    var refused: Int
    /// Corrections that were taken and not learned from.
    var quarantined: Int
    var promoted, rejected: Int
    var seconds_per_promotion: Double
    private var rows: [String] = []

    private enum CodingKeys: CodingKey {
        case lines, writers, cer_before, cer_after, canary_before, canary_after, unseen_before, unseen_after, refused,
            quarantined, promoted, rejected
        case seconds_per_promotion
    }

    init(lines: Int, _ results: [AdaptationStudy.Result]) {
        let sum = { (part: (AdaptationStudy.Result) -> ReadingFigures) in results.map(part).reduce(ReadingFigures(), +)
        }
        let promoted = results.filter(\.isPromoted)
        self.lines = lines
        writers = results.count
        (cer_before, cer_after) = (sum(\.before).cer, sum(\.after).cer)
        (canary_before, canary_after) = (sum(\.canaryBefore).cer, sum(\.canaryAfter).cer)
        refused = results.reduce(0) { $0 + $1.refused }
        quarantined = results.reduce(0) { $0 + $1.quarantined }
        self.promoted = promoted.count
        rejected = results.count - promoted.count
        seconds_per_promotion = promoted.map(\.seconds).reduce(0, +) / Double(max(1, promoted.count))
        rows = results.map { result in
            var row = "\(result.writer)  \(percent(result.before.cer)) -> \(percent(result.after.cer))  "
            switch result.verdict {
            case .promoted: row += "promoted"
            case .rejected(let reason, _): row += "rejected: \(reason)"
            case nil: row += "too few corrections"
            }
            if result.refused > 0 { row += ", \(result.refused) refused" }
            if result.quarantined > 0 { row += ", \(result.quarantined) quarantined" }
            return row + String(format: ", %.1f s", result.seconds)
        }
    }

    var text: String {
        var lines = rows
        lines.append("")
        lines.append(
            "\(self.lines) lines of \(writers) writers: character error rate \(percent(cer_before)) -> \(percent(cer_after))"
        )
        lines.append("canary \(percent(canary_before)) -> \(percent(canary_after))")
        if let unseen_before, let unseen_after {
            lines.append("canary that the gate did not see \(percent(unseen_before)) -> \(percent(unseen_after))")
        }
        lines.append(
            "\(promoted) promoted, \(rejected) rejected, \(refused) corrections refused, \(quarantined) quarantined, "
                + String(format: "%.1f s per promotion", seconds_per_promotion))
        return lines.joined(separator: "\n")
    }

    /// Error rate over the number of corrected lines.
    static func chart(_ reports: [AdaptReport]) -> Chart {
        let line = { (name: String, value: (AdaptReport) -> Double) in
            Chart.Series(
                name, points: reports.map { PlanePoint(Double($0.lines), 100 * value($0)) },
                isDashed: name == "as shipped",
                hasDots: name != "as shipped")
        }
        let highest = reports.map { 100 * max($0.cer_before, $0.cer_after) }.max() ?? 1
        return Chart(
            title: "What a writer's corrections teach",
            x: ChartAxis("corrected lines of a writer", isLogarithmic: true),
            y: ChartAxis("errors on the writer's other lines, %", range: 0...(highest * 1.2).rounded(.up)),
            series: [line("own weights") { $0.cer_after }, line("as shipped") { $0.cer_before }])
    }
}

extension LearningPlan {
    fileprivate typealias Setter = @Sendable (inout LearningPlan, String) -> Bool

    /// The keys that `--set` may change, with their setters, which return false for a malformed value.
    fileprivate static let setters: [String: Setter] = [
        "trained": { plan, text in
            guard let trained = Trained(rawValue: text) else { return false }
            plan.trained = trained
            return true
        },
        "steps": { plan, text in
            let bounds = text.split(separator: "-").compactMap { Int($0) }
            guard bounds.count == 2, bounds[0] > 0, bounds[0] <= bounds[1] else { return false }
            plan.steps = bounds[0]...bounds[1]
            return true
        },
        "shares": { plan, text in
            plan.shares = text.split(separator: ",").compactMap { Float($0) }
            return !plan.shares.isEmpty
        },
        "learning-rate": setter(\.learningRate), "pull": setter(\.pull), "elastic": setter(\.isElastic),
        "epochs": setter(\.epochs), "frames": setter(\.frames),
        "patience": setter(\.patience), "rehearsal": setter(\.rehearsal), "seed": setter(\.seed),
    ]

    private static func setter<Value: LosslessStringConvertible & SendableMetatype>(
        _ path: WritableKeyPath<LearningPlan, Value> & Sendable
    ) -> Setter {
        { plan, text in
            guard let value = Value(text) else { return false }
            plan[keyPath: path] = value
            return true
        }
    }
}
