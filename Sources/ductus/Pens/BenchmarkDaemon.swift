import ArgumentParser
import DuctusClient
import DuctusInk
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

/// Measures the latency and the accuracy of a real daemon that reads many pens at once: simulated pens over ipc, each final compared with
/// `recognize`.
struct BenchmarkDaemon: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon", abstract: "Measure a real daemon under simulated pens.")

    @Option(help: "Pens that write at the same time.")
    var pens = 10

    @Option(help: "Seconds for which they write.")
    var seconds = 20.0

    @OptionGroup var measured: MeasuredDaemonOptions

    @Option(help: "Model folder or weight file.")
    var model: String?

    @Option(help: "Milliseconds between two partials.")
    var hop = 250

    @Option(help: "Frames that a chunk sees to its right. Default: the daemon's own.")
    var lookahead: Int?

    @Option(help: "How posteriors become text.")
    var decoder = Recognizer.Decoding.beam

    @Option(help: "What the pens' texts and hands are drawn from.")
    var seed: UInt64 = 1

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Encodable {
        var pens, lanes, hop_ms: Int
        var lookahead_ms, p50_ms, p99_ms, final_p99_ms: Double
        var partials, finals, finals_wrong, finals_missing: Int
        var prefixes_contradicted: Int
        var cpu_percent, cpu_percent_per_pen, rss_mib, ready_ms: Double
        var dropped: UInt64
    }

    func validate() throws {
        guard (1...5000).contains(pens) else { throw ValidationError("--pens must be 1 to 5000.") }
        guard seconds >= 1 else { throw ValidationError("--seconds must be at least 1.") }
    }

    func run() throws {
        let url = ModelOptions.location(of: model)
        let model = try Model(contentsOf: url)
        var window = WindowRule()
        window.hop = Double(hop) / 1000
        if let lookahead { window.lookahead = lookahead }
        Terminal.status("preparing the ink of \(pens) pens")
        let schedule = try PenSchedule(pens: pens, seconds: seconds, seed: seed)
        let process = try DaemonProcess(
            program: measured.daemon, model: url, input: .ink, decoder: decoder, lanes: measured.lanes,
            core: measured.core, window: window)
        defer { process.end() }
        let ready = try process.waitUntilReady(seconds: 60)

        let connection = try ConnectOptions.parse(["--connect", process.directory])
        let context = try Context()
        let feed = LabelFeed(try connection.subscriber(to: ["labels."], context: context))
        let publisher = try connection.publisher(.ink, context: context)
        try publisher.waitForSubscription(to: Array("ink.pen".utf8), milliseconds: 5000)
        let player = BenchmarkPlayer(publisher: publisher, feed: feed, process: process)
        let tally = try player.play(schedule.packets, seconds: seconds) { $0.finals.count >= schedule.lineCount }
        let dropped = try StatusCommand.ask(connection.control(context: context), .status(.init())).status.dropped

        Terminal.status("comparing \(tally.finals.count) finals with recognize")
        let check = try schedule.check(tally, with: Recognizer(model: model, decoding: decoder))
        Terminal.endStatus()
        let report = Report(
            pens: pens, lanes: measured.lanes, hop_ms: hop,
            lookahead_ms: Double(window.lookahead) * check.millisecondsPerFrame,
            p50_ms: tally.partialLatency.quantile(0.5) / 1000, p99_ms: tally.partialLatency.quantile(0.99) / 1000,
            final_p99_ms: tally.finalLatency.quantile(0.99) / 1000, partials: Int(tally.partialLatency.count),
            finals: tally.finals.count, finals_wrong: check.wrong, finals_missing: check.missing,
            prefixes_contradicted: tally.contradicted, cpu_percent: tally.processorShare * 100,
            cpu_percent_per_pen: tally.processorShare * 100 / Double(pens), rss_mib: tally.residentMiB,
            ready_ms: ready * 1000,
            dropped: dropped)
        if json {
            try printJSON(report)
        } else {
            print(Self.text(report))
        }
        if check.wrong + check.missing > 0 {
            throw CommandFailure("\(check.wrong) finals differ from recognize, \(check.missing) are missing")
        }
    }

    private static func text(_ report: Report) -> String {
        """
        \(report.pens) pens, \(report.lanes) lanes, hop \(report.hop_ms) ms, lookahead \(String(format: "%.0f", report.lookahead_ms)) ms
        partials  \(report.partials), \(String(format: "%.1f ms median, %.1f ms at 99 %%", report.p50_ms, report.p99_ms))
        finals    \(report.finals), \(String(format: "%.1f ms at 99 %%", report.final_p99_ms)), \(report.finals_wrong) wrong, \(report.finals_missing) missing
        processor \(String(format: "%.1f %%, %.2f %% for each pen", report.cpu_percent, report.cpu_percent_per_pen))
        memory    \(String(format: "%.1f MiB", report.rss_mib)); ready after \(String(format: "%.0f ms", report.ready_ms)); \(report.dropped) dropped
        """
    }
}
