import Adaptation
import ArgumentParser
import Foundation
import Ink
import Recognition

struct AdaptCommand: ParsableCommand {
    enum Range: String, ExpressibleByArgument, CaseIterable {
        case writer, shared
    }

    static let configuration = CommandConfiguration(
        commandName: "adapt", abstract: "Measure what corrections would teach: the daemon's learner and gate, off line.")

    @Option(help: "Model folder or weight file. Default: models/english here, or the installed one.")
    var model: String?

    @Option(help: "Labelled lines whose writers correct their first ones.")
    var data: String

    @Option(help: "Labelled lines that are measured on, and never trained on.")
    var canary: String

    @Option(help: "How many of a writer's lines are corrected; the others are measured.")
    var lines = 16

    @Option(help: "What is trained: each writer's own weights, or everyone's.")
    var scope = Range.writer

    @Option(help: "Use at most so many canary lines, spread over the file.")
    var canaryLines = 160

    @Option(help: "Use only the first so many writers.")
    var writers: Int?

    @Option(help: "Threads to train and measure with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Encodable {
        var writers: Int
        var cer_before, cer_after, canary_before, canary_after: Double
        var promoted, rejected: Int
        var seconds_per_promotion: Double
    }

    func validate() throws {
        guard lines >= 2 else { throw ValidationError("--lines: the gate holds one correction in four out, so it needs at least 2") }
        guard canaryLines >= 1 else { throw ValidationError("--canary-lines: at least 1") }
    }

    func run() throws {
        let base = BaseModel(try Model(contentsOf: ModelOptions.location(of: model)))
        let study = AdaptationStudy(
            base: base, lines: lines, plan: scope == .shared ? .shared : .writer, gate: Gate(), threads: max(1, threads))
        var hands = study.hands(of: try InkFile.read(URL(filePath: data)))
        if let writers { hands = Array(hands.prefix(writers)) }
        guard !hands.isEmpty else {
            throw ValidationError("\(data) has no known writer with at least \(max(study.leastLines, lines + 1)) lines")
        }
        let labelled = try InkFile.read(URL(filePath: canary)).filter { $0.text != nil }
        let period = max(1, (labelled.count + canaryLines - 1) / canaryLines)
        let measured = labelled.indices.filter { $0 % period == 0 }.map { AdaptationStudy.prepared(labelled[$0]) }
        var bar = ProgressBar(total: hands.count)
        let results: [AdaptationStudy.Result]
        switch scope {
        case .shared:
            results = try study.sharedResults(hands, canary: measured) { bar.show($0, "\($0) of \(hands.count) writers") }
        case .writer:
            results = try hands.enumerated().map { index, hand in
                bar.show(index, "\(index) of \(hands.count) writers")
                return try study.writerResult(hand, canary: measured)
            }
        }
        Terminal.endStatus()
        let report = report(results)
        if json { return try printJSON(report) }
        for result in results {
            print(
                "\(result.writer)  \(percent(result.before.cer)) -> \(percent(result.after.cer))  "
                    + "\(result.verdict.isPromoted ? "promoted" : reason(result.verdict)), \(String(format: "%.1f s", result.seconds))")
        }
        print(
            """

            \(report.writers) writers: character error rate \(percent(report.cer_before)) -> \(percent(report.cer_after))
            canary \(percent(report.canary_before)) -> \(percent(report.canary_after))
            \(report.promoted) promoted, \(report.rejected) rejected, \(String(format: "%.1f s", report.seconds_per_promotion)) per promotion
            """)
    }

    private func reason(_ verdict: GateVerdict) -> String {
        if case .rejected(let reason, _) = verdict { "rejected: \(reason)" } else { "promoted" }
    }

    /// Error rates over all writers' characters. The canary is that of the last generation for the shared scope, and over all
    /// writers' generations for theirs.
    private func report(_ results: [AdaptationStudy.Result]) -> Report {
        let sum = { (part: (AdaptationStudy.Result) -> ReadingFigures) in results.map(part).reduce(ReadingFigures(), +) }
        let promoted = results.filter(\.verdict.isPromoted)
        let isShared = scope == .shared
        return Report(
            writers: results.count, cer_before: sum(\.before).cer, cer_after: sum(\.after).cer,
            canary_before: isShared ? results.first?.canaryBefore.cer ?? 0 : sum(\.canaryBefore).cer,
            canary_after: isShared ? results.last?.canaryAfter.cer ?? 0 : sum(\.canaryAfter).cer,
            promoted: promoted.count, rejected: results.count - promoted.count,
            seconds_per_promotion: promoted.map(\.seconds).reduce(0, +) / Double(max(1, promoted.count)))
    }
}
