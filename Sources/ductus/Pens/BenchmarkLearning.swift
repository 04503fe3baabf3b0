import ArgumentParser
import DuctusAdaptation
import DuctusClient
import DuctusFoundations
import DuctusInk
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

/// Measures the cost of learning for the pens, and the time until a correction is of use: a real daemon under simulated pens, three times.
struct BenchmarkLearning: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learning", abstract: "Measure a real daemon while its pens' lines are corrected.",
        discussion: """
            First the pens write and nobody corrects. Then every line is corrected as soon as it is read: the learner is at work. \
            Then, without corrections, every writer has weights of its own.
            """)

    @Option(help: "Pens that write at the same time, each of another writer.")
    var pens = 1

    @Option(help: "Seconds for which they write, each time.")
    var seconds = 60.0

    @Option(help: "The daemon's lanes.")
    var lanes = 2

    @Option(help: "Corrections of each writer that the journal holds when they begin to write.")
    var history = 0

    @Option(help: "Model folder or weight file.")
    var model: String?

    @Option(help: "The ductusd to measure. Default: the one beside this program.")
    var daemon: String?

    @Option(help: "What the pens' texts and hands are drawn from.")
    var seed: UInt64 = 1

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Latencies in milliseconds, processor time in per cent of one core.
    struct Load: Encodable {
        var p50_ms, p99_ms, final_p99_ms, cpu_percent: Double
        var finals, finals_wrong: Int
    }

    struct Report: Encodable {
        var pens, lanes, history: Int
        var idle, learning, own_weights: Load
        var corrections = 0, refused = 0, promoted = 0, rejected = 0
        /// From sending a correction to the event that tells of a generation that it had a part in.
        var seconds_to_live_p50 = 0.0, seconds_to_live_worst = 0.0
        /// The same, rejections counted in.
        var seconds_to_verdict_p50 = 0.0, seconds_to_verdict_worst = 0.0
        /// The largest that a writer's generations take.
        var mib_per_writer = 0.0
    }

    func validate() throws {
        guard (1...500).contains(pens) else { throw ValidationError("--pens must be 1 to 500.") }
        guard seconds >= 1 else { throw ValidationError("--seconds must be at least 1.") }
        guard (0...60).contains(history) else { throw ValidationError("--history must be 0 to 60.") }
    }

    func run() throws {
        let url = ModelOptions.location(of: model)
        let base = BaseModel(try Model(contentsOf: url))
        let schedule = try PenSchedule(pens: pens, seconds: seconds, seed: seed, namesWriters: true)
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "ductus-benchmark-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: folder) }
        var states: [URL] = []
        for name in ["idle", "learning", "own"] {
            let learning = folder.appending(path: "\(name)/learning/ink")
            try FileManager.default.createDirectory(at: learning, withIntermediateDirectories: true)
            states.append(learning)
        }
        try keepHistory(in: states[1], base)
        try giveOwnWeights(in: states[2], base)

        let idle = try play(schedule, url, states[0], corrects: false)
        let learning = try play(schedule, url, states[1], corrects: true)
        let own = try play(schedule, url, states[2], corrects: false)
        let recognizer = Recognizer(model: base.model)
        var report = Report(
            pens: pens, lanes: lanes, history: history, idle: try load(idle, schedule, recognizer),
            learning: try load(learning, schedule, nil), own_weights: try load(own, schedule, recognizer))
        report.corrections = learning.corrections
        report.refused = learning.refused
        report.promoted = learning.promoted
        report.rejected = learning.rejected
        let median = { (waits: [Double]) in waits.isEmpty ? 0 : waits.sorted()[waits.count / 2] }
        report.seconds_to_live_p50 = median(learning.secondsToLive)
        report.seconds_to_live_worst = learning.secondsToLive.max() ?? 0
        report.seconds_to_verdict_p50 = median(learning.secondsToVerdict)
        report.seconds_to_verdict_worst = learning.secondsToVerdict.max() ?? 0
        report.mib_per_writer = Self.largestWriter(in: states[1])
        Terminal.endStatus()
        if json { try printJSON(report) } else { print(Self.text(report)) }
    }

    // MARK: What is there before

    private func keepHistory(in state: URL, _ base: BaseModel) throws {
        guard history > 0 else { return }
        let journal = SQLiteJournal(at: state.appending(path: "journal.sqlite"))
        for pen in 0..<pens {
            let hand = SimulatedPen(writer: PenSchedule.writer(of: pen, seed: seed))
            for number in 0..<history {
                let text = "corrected before \(number)"
                let correction = Correction(
                    stream: "before", segment: UInt64(pen * 1000 + number), writer: PenSchedule.name(of: pen),
                    evidence: .ink(try hand.strokes(of: text, seed: UInt64(1000 + number))), text: text, recognized: "",
                    generation: .base,
                    time: SystemClock().unixMicroseconds)
                try journal.mark([journal.add(correction).number], as: .rejected)
            }
        }
        journal.close()
    }

    /// Weights that read as the shipped ones do and are others all the same: what lanes cannot put into one batch.
    private func giveOwnWeights(in state: URL, _ base: BaseModel) throws {
        let archive = FileArchive(folder: state.appending(path: "generations"), keeping: 1)
        let figures = GateFigures(heldOutBefore: ReadingFigures(), heldOutAfter: ReadingFigures())
        for pen in 0..<pens {
            _ = try archive.promote(
                GenerationCandidate(
                    scope: .writer(PenSchedule.name(of: pen)), parameters: base.model.network.parameters, parent: .base,
                    corrections: [], figures: figures, time: 0),
                over: base)
        }
    }

    private static func largestWriter(in state: URL) -> Double {
        let writers = state.appending(path: "generations/writers")
        let manager = FileManager.default
        let sizes = ((try? manager.contentsOfDirectory(atPath: writers.path)) ?? []).map { writer in
            let folder = writers.appending(path: writer).path
            return ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).reduce(0) { sum, name in
                sum + ((try? manager.attributesOfItem(atPath: "\(folder)/\(name)"))?[.size] as? Int ?? 0)
            }
        }
        return Double(sizes.max() ?? 0) / Double(1 << 20)
    }

    // MARK: Playing

    private func play(_ schedule: PenSchedule, _ model: URL, _ state: URL, corrects: Bool) throws -> LearningTally {
        let process = try DaemonProcess(
            program: daemon, model: model, input: .ink, lanes: lanes, core: nil, window: WindowRule(),
            settings: [
                "adaptation.enabled=yes", "adaptation.corrections_per_writer_minute=10000",
                "quotas.corrections_per_minute=100000",
                "directories.state=\(state.deletingLastPathComponent().deletingLastPathComponent().path)",
            ])
        defer { process.end() }
        let connection = try ConnectOptions.parse(["--connect", process.directory])
        let context = try Context()
        let feed = LabelFeed(try connection.subscriber(to: ["labels."], context: context))
        let events = try connection.subscriber(to: ["events"], context: context)
        let client = corrects ? try connection.control(context: context) : nil
        let publisher = try connection.publisher(.ink, context: context)
        try publisher.waitForSubscription(to: Array("ink.pen".utf8), milliseconds: 5000)
        var tally = LearningTally(history: history)
        func listen(milliseconds: Int) throws {
            while let event = try feed.next(milliseconds: milliseconds) {
                tally.labels.record(event)
                if event.state == .final, let client { try tally.correct(event, schedule, client) }
            }
            while let frames = try events.receive(milliseconds: 0) { tally.record(frames) }
        }
        let before = process.figures
        let start = ContinuousClock.now
        for packet in schedule.packets {
            let due = start + .microseconds(packet.time)
            while ContinuousClock.now < due { try listen(milliseconds: 1) }
            try publisher.send(topic: packet.topic, payload: packet.payload)
            if packet.number % 50 == 0 {
                Terminal.status("\(duration(Double(packet.time) / 1e6)) of \(duration(schedule.seconds))")
            }
        }
        let writing = (ContinuousClock.now - start) / .seconds(1)
        tally.labels.processorShare = (process.figures.processorSeconds - before.processorSeconds) / writing
        let deadline = ContinuousClock.now + .seconds(corrects ? 20 : 5)
        while tally.labels.finals.count < schedule.lineCount || tally.isWaiting, ContinuousClock.now < deadline {
            try listen(milliseconds: 50)
        }
        return tally
    }

    private func load(_ tally: LearningTally, _ schedule: PenSchedule, _ recognizer: Recognizer?) throws -> Load {
        let labels = tally.labels
        return Load(
            p50_ms: labels.partialLatency.quantile(0.5) / 1000, p99_ms: labels.partialLatency.quantile(0.99) / 1000,
            final_p99_ms: labels.finalLatency.quantile(0.99) / 1000, cpu_percent: labels.processorShare * 100,
            finals: labels.finals.count,
            finals_wrong: try recognizer.map { try schedule.check(labels, with: $0).wrong } ?? 0)
    }

    private static func text(_ report: Report) -> String {
        let rows = [
            ("nobody corrects", report.idle), ("all is corrected", report.learning),
            ("own weights", report.own_weights),
        ].map {
            name, load in
            String(
                format:
                    "%@  partials %.1f ms median, %.1f ms at 99 %%; finals %.1f ms at 99 %%; processor %.0f %%; %d finals, %d wrong",
                name.padding(toLength: 16, withPad: " ", startingAt: 0), load.p50_ms, load.p99_ms, load.final_p99_ms,
                load.cpu_percent,
                load.finals, load.finals_wrong)
        }
        return rows.joined(separator: "\n") + "\n"
            + String(
                format: """
                    %d corrections, %d refused, %d promoted, %d rejected; live after %.1f s (median), %.1f s at worst; \
                    live or rejected after %.1f s, %.1f s at worst; %.2f MiB for a writer at most
                    """, report.corrections, report.refused, report.promoted, report.rejected,
                report.seconds_to_live_p50,
                report.seconds_to_live_worst, report.seconds_to_verdict_p50, report.seconds_to_verdict_worst,
                report.mib_per_writer)
    }
}

/// Labels, corrections and what became of them.
private struct LearningTally {
    var labels = BenchmarkTally()
    var corrections = 0
    var refused = 0
    var promoted = 0
    var rejected = 0
    var secondsToLive: [Double] = []
    /// Those of rejections, too.
    var secondsToVerdict: [Double] = []
    /// The sending times of each writer's corrections; nil after its generation went live or was rejected.
    private var sent: [String: [ContinuousClock.Instant?]] = [:]
    private var finals: [String: Int] = [:]
    private let history: Int

    init(history: Int) {
        self.history = history
    }

    var isWaiting: Bool { sent.values.joined().contains { $0 != nil } }

    /// Says what a line says.
    mutating func correct(_ final: LabelEvent, _ schedule: PenSchedule, _ client: ControlClient) throws {
        let name = final.stream.text
        defer { finals[name, default: 0] += 1 }
        guard let texts = schedule.written[name], finals[name, default: 0] < texts.count else { return }
        let text = texts[finals[name, default: 0]]
        let began = ContinuousClock.now
        do {
            let request = WireCorrectRequest.with { ($0.stream, $0.segment, $0.text) = (name, final.segment, text) }
            _ = try StatusCommand.ask(client, .correct(request))
            corrections += 1
            // The first one alone cannot be learned: nobody waits for it.
            let isFirst = history == 0 && sent[name] == nil
            sent[name, default: []].append(isFirst ? nil : began)
        } catch is ControlFailure {
            refused += 1
        }
    }

    mutating func record(_ frames: [[UInt8]]) {
        guard frames.count == 2, let event = try? WireDaemonEvent(wire: frames[1]) else { return }
        switch event.body {
        case .promotion(let trial):
            promoted += 1
            conclude(trial, isLive: true)
        case .rejection(let trial):
            rejected += 1
            conclude(trial, isLive: false)
        default: break
        }
    }

    /// A trial was made of the writer's first so many corrections.
    private mutating func conclude(_ trial: WireTrial, isLive: Bool) {
        let writer = trial.writer
        let count = min(Int(trial.corrections) - history, sent[writer]?.count ?? 0)
        for index in 0..<max(0, count) {
            guard let began = sent[writer]?[index] else { continue }
            sent[writer]?[index] = nil
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            secondsToVerdict.append(seconds)
            if isLive { secondsToLive.append(seconds) }
        }
    }
}
