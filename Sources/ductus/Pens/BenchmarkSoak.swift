import ArgumentParser
import DuctusClient
import DuctusInk
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

/// Whether a daemon is the same after hours as after minutes: simulated pens write the same lines round after round, each round in an
/// epoch of its own, a tenth of them on streams that are new in it; finals, memory, descriptors and latency are watched.
///
/// The run is divided into quarters. The first warms up; the second and the last are compared, peak with peak.
struct BenchmarkSoak: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak", abstract: "Watch a real daemon for leaks and drift under simulated pens.")

    @Option(help: "Pens that write at the same time.")
    var pens = 100

    @Option(help: "Minutes for which they write.")
    var minutes = 60.0

    @OptionGroup var measured: MeasuredDaemonOptions

    @Option(help: "Model folder or weight file.")
    var model: String?

    @Option(help: "What the pens' texts and hands are drawn from.")
    var seed: UInt64 = 1

    @Flag(help: "The machine does other work: latency is told, not judged.")
    var sharedMachine = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...5000).contains(pens) else { throw ValidationError("--pens must be 1 to 5000.") }
        guard (1...100_000).contains(minutes) else { throw ValidationError("--minutes must be 1 to 100000.") }
    }

    func run() throws {
        let url = ModelOptions.location(of: model)
        let seconds = minutes * 60
        Terminal.status("reading the lines of \(pens) pens off line, to know what is right")
        let schedule = try PenSchedule(pens: pens, seconds: min(60, seconds / 6), seed: seed)
        let expected = try schedule.texts(by: Recognizer(model: Model(contentsOf: url), decoding: .beam))
        // Streams of past rounds are forgotten within the first quarter.
        let process = try DaemonProcess(
            program: measured.daemon, model: url, input: .ink, lanes: measured.lanes, core: measured.core,
            window: WindowRule(),
            settings: ["limits.idle_stream=\(Int(max(15, seconds / 8))) s"])
        defer { process.end() }
        _ = try process.waitUntilReady(seconds: 60)
        let context = try Context()
        let connection = try ConnectOptions.parse(["--connect", process.directory])
        let feed = LabelFeed(try connection.subscriber(to: ["labels."], context: context))
        let publisher = try connection.publisher(.ink, context: context)
        try publisher.waitForSubscription(to: Array("ink.pen".utf8), milliseconds: 5000)

        var watch = SoakWatch(process: process, seconds: seconds)
        while !watch.isOver {
            try play(schedule, publisher, feed, &watch)
            watch.judgeRound(expected)
        }
        Terminal.endStatus()
        let status = try StatusCommand.ask(connection.control(context: context), .status(.init())).status
        let report = watch.report(pens: pens, lanes: measured.lanes, status: status)
        if json { try printJSON(report) } else { print(report.text) }
        let faults = report.faults(judgesLatency: !sharedMachine)
        if !faults.isEmpty { throw CommandFailure(faults.joined(separator: "; ")) }
    }

    /// One round, in real time.
    private func play(_ schedule: PenSchedule, _ publisher: Publisher, _ feed: LabelFeed, _ watch: inout SoakWatch)
        throws
    {
        let start = ContinuousClock.now
        let guests = SoakWatch.guests(of: pens)
        for packet in schedule.packets {
            let due = start + .microseconds(packet.time)
            while ContinuousClock.now < due {
                let left = Int((due - ContinuousClock.now) / .milliseconds(1))
                if let event = try feed.next(milliseconds: min(2, max(1, left))) { watch.record(event) }
            }
            var ink = try InkPacket(wire: packet.payload)
            ink.epoch = UInt64(watch.round) + 1
            let topic = guests.contains(packet.topic) ? packet.topic + Array("-\(watch.round)".utf8) : packet.topic
            try publisher.send(topic: topic, payload: ink.wire())
            while let event = try feed.next(milliseconds: 0) { watch.record(event) }
            watch.sample()
        }
        // A machine that is busy is late; a final is missing once nothing has come for so long.
        var latest = ContinuousClock.now
        while watch.finalsOfRound < schedule.lineCount, ContinuousClock.now - latest < .seconds(30) {
            guard let event = try feed.next(milliseconds: 100) else { continue }
            watch.record(event)
            latest = .now
        }
    }
}

/// Observations of the daemon, by quarters of the run.
struct SoakWatch {
    private struct Quarter {
        var partialLatency = LatencyHistogram()
        var finalLatency = LatencyHistogram()
        var residentMiB = 0.0
        var descriptors = 0
        var threads = 0
    }

    private let process: DaemonProcess
    private let seconds: Double
    private let start = ContinuousClock.now
    private let before: DaemonProcess.Figures
    private var quarters = [Quarter](repeating: Quarter(), count: 4)
    private var sampled: ContinuousClock.Instant
    private var texts: [String: [String]] = [:]
    private(set) var finalsOfRound = 0
    private(set) var round = 0
    private var finals = 0, wrong = 0, missing = 0

    init(process: DaemonProcess, seconds: Double) {
        self.process = process
        self.seconds = seconds
        before = process.figures
        sampled = start
    }

    /// The topics of the pens that come under another name in every round.
    static func guests(of pens: Int) -> Set<[UInt8]> { Set((0..<pens / 10).map { Array("ink.pen-\($0)".utf8) }) }

    private var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }
    var isOver: Bool { elapsed >= seconds }
    private var quarter: Int { min(3, Int(elapsed / seconds * 4)) }

    mutating func record(_ event: LabelEvent) {
        let quarter = quarter
        guard event.state == .final else {
            return quarters[quarter].partialLatency.add(event.stamps.published - event.stamps.arrived)
        }
        quarters[quarter].finalLatency.add(event.stamps.published - event.stamps.decided)
        // pen-3 and pen-3-17 are the same hand.
        let pen = event.stream.text.split(separator: "-").prefix(2).joined(separator: "-")
        texts[pen, default: []].append(event.text)
        finalsOfRound += 1
    }

    /// Reads the kernel's figures, at most once a second.
    mutating func sample() {
        guard ContinuousClock.now - sampled > .seconds(1) else { return }
        sampled = .now
        let (quarter, figures) = (quarter, process.figures)
        quarters[quarter].residentMiB = max(quarters[quarter].residentMiB, figures.residentMiB)
        quarters[quarter].descriptors = max(quarters[quarter].descriptors, figures.descriptors)
        quarters[quarter].threads = max(quarters[quarter].threads, figures.threads)
        Terminal.status(
            "\(duration(elapsed)) of \(duration(seconds)), \(finals + finalsOfRound) finals, \(wrong) wrong, \(missing) missing, "
                + String(format: "%.1f MiB, %d descriptors", figures.residentMiB, figures.descriptors))
    }

    /// Compares a round's finals, each stream's in order, with those that are right.
    mutating func judgeRound(_ expected: [String: [String]]) {
        for (pen, right) in expected {
            let read = texts[pen] ?? []
            missing += max(0, right.count - read.count)
            wrong += max(0, read.count - right.count) + zip(right, read).count { $0 != $1 }
        }
        finals += finalsOfRound
        finalsOfRound = 0
        texts = [:]
        round += 1
    }

    func report(pens: Int, lanes: Int, status: WireStatusReply) -> SoakReport {
        let (early, late) = (quarters[1], quarters[3])
        var partials = LatencyHistogram()
        for quarter in quarters { partials.add(quarter.partialLatency) }
        let drops = status.counters.filter { $0.key.hasPrefix("dropped_") }.values.reduce(0, +)
        let skipped = status.lanes.reduce(UInt64(0)) { $0 + $1.skippedPartials }
        return SoakReport(
            pens: pens, lanes: lanes, minutes: elapsed / 60, rounds: round, streams: Int(status.streams),
            partials: Int(partials.count),
            finals: finals, finals_wrong: wrong, finals_missing: missing, dropped: drops, skipped_partials: skipped,
            rss_mib: [early.residentMiB, late.residentMiB],
            rss_growth_percent: (late.residentMiB / max(1, early.residentMiB) - 1) * 100,
            descriptors: [early.descriptors, late.descriptors], threads: [early.threads, late.threads],
            p50_ms: partials.quantile(0.5) / 1000,
            p99_ms: [early, late].map { $0.partialLatency.quantile(0.99) / 1000 },
            final_p99_ms: [early, late].map { $0.finalLatency.quantile(0.99) / 1000 },
            cpu_percent: (process.figures.processorSeconds - before.processorSeconds) / elapsed * 100)
    }
}

/// Pairs are the second quarter's and the last one's.
struct SoakReport: Encodable {
    var pens, lanes: Int
    var minutes: Double
    var rounds, streams, partials, finals, finals_wrong, finals_missing: Int
    var dropped, skipped_partials: UInt64
    var rss_mib: [Double]
    var rss_growth_percent: Double
    var descriptors, threads: [Int]
    var p50_ms: Double
    var p99_ms, final_p99_ms: [Double]
    var cpu_percent: Double

    /// A daemon at rest in itself stays within these.
    private static let largestGrowth = 5.0
    /// Buckets of the histogram are 9 % wide, and two of them are noise.
    private static let largestDrift = 1.25

    /// The faults, in words; empty if there are none.
    func faults(judgesLatency: Bool) -> [String] {
        var faults: [String] = []
        if finals == 0 { faults.append("no finals came") }
        if finals_wrong + finals_missing > 0 {
            faults.append("\(finals_wrong) finals wrong, \(finals_missing) missing")
        }
        if rss_growth_percent > Self.largestGrowth {
            faults.append(String(format: "memory grew by %.1f %%", rss_growth_percent))
        }
        if descriptors[1] > descriptors[0] {
            faults.append("descriptors went from \(descriptors[0]) to \(descriptors[1])")
        }
        if threads[1] > threads[0] { faults.append("threads went from \(threads[0]) to \(threads[1])") }
        if judgesLatency, p99_ms[1] > p99_ms[0] * Self.largestDrift {
            faults.append(String(format: "p99 went from %.1f to %.1f ms", p99_ms[0], p99_ms[1]))
        }
        return faults
    }

    var text: String {
        """
        \(pens) pens, \(lanes) lanes, \(String(format: "%.1f min", minutes)), \(rounds) rounds
        finals    \(finals), \(finals_wrong) wrong, \(finals_missing) missing; \(partials) partials, \(dropped) dropped, \(skipped_partials) skipped
        memory    \(String(format: "%.1f MiB in the second quarter, %.1f MiB in the last (%+.1f %%)", rss_mib[0], rss_mib[1], rss_growth_percent))
        open      \(descriptors[0]) descriptors, then \(descriptors[1]); \(threads[0]) threads, then \(threads[1])
        partials  \(String(format: "%.1f ms at 99 %%, then %.1f; %.1f ms median", p99_ms[0], p99_ms[1], p50_ms))
        finals    \(String(format: "%.1f ms at 99 %%, then %.1f", final_p99_ms[0], final_p99_ms[1]))
        processor \(String(format: "%.1f %%", cpu_percent))
        """
    }
}
