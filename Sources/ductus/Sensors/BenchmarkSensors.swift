import ArgumentParser
import DuctusClient
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import Foundation

/// Measures the latency and the accuracy of a real daemon that reads many sensors at once: simulated sensors over ipc, each stream's labels
/// compared with those that it gives alone.
struct BenchmarkSensors: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sensors", abstract: "Measure a real daemon under simulated sensors.")

    @Option(help: "Sensors that send at the same time.")
    var streams = 100

    @Option(help: "Vectors per second of each.")
    var rate = 50.0

    @Option(help: "Seconds for which they send.")
    var seconds = 20.0

    @OptionGroup var measured: MeasuredDaemonOptions

    @Option(help: "Model folder or weight file. Default: models/movement.")
    var model: String?

    @Option(help: "Milliseconds between two partials.")
    var hop = 250

    @Option(help: "Frames that a chunk, half as long, sees to its right.")
    var lookahead = 10

    @Option(help: "What the sensors' movements are drawn from.")
    var seed: UInt64 = 1

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Encodable {
        var streams, lanes, hop_ms: Int
        var rate, lookahead_ms: Double
        /// From the arrival of the packet that made a hop due, the lookahead over, to the publishing of its labels.
        var p50_ms, p99_ms, final_p99_ms: Double
        var events, finals, wrong, missing: Int
        var cpu_percent, rss_mib, ready_ms: Double
        var dropped: UInt64
    }

    /// Segments are not cut for their length here.
    private static let longestRecording = Double(EndpointRule().maximumSamples)

    func validate() throws {
        guard (1...10_000).contains(streams) else { throw ValidationError("--streams must be 1 to 10000.") }
        guard rate > 0, rate <= 10_000 else { throw ValidationError("--rate must be above 0 and at most 10000.") }
        guard seconds >= 1, seconds * rate < Self.longestRecording else {
            throw ValidationError(
                "--seconds must be at least 1, and --seconds times --rate below \(Int(Self.longestRecording)).")
        }
        guard lookahead >= 0, hop > 0 else { throw ValidationError("--lookahead and --hop must not be negative.") }
    }

    func run() throws {
        let url = ModelOptions.location(of: model, default: "movement")
        let model = try Model(contentsOf: url)
        guard case .vectors(let configuration) = model.input else {
            throw ModelError.wrongInput(model: model.name, expected: "ink")
        }
        let window = WindowRule(hop: Double(hop) / 1000, chunk: max(1, lookahead / 2), lookahead: lookahead)
        Terminal.status("preparing \(streams) sensors")
        let schedule = try SensorSchedule(
            streams: streams, rate: rate, seconds: seconds, channels: configuration.channels, seed: seed)
        let process = try DaemonProcess(
            program: measured.daemon, model: url, input: .features, decoder: .bestPath, lanes: measured.lanes,
            core: measured.core, window: window)
        defer { process.end() }
        let ready = try process.waitUntilReady(seconds: 60)

        let connection = try ConnectOptions.parse(["--connect", process.directory])
        let context = try Context()
        let feed = LabelFeed(try connection.subscriber(to: ["labels."], context: context))
        let publisher = try connection.publisher(.features, context: context)
        try publisher.waitForSubscription(to: Array("features.sensor".utf8), milliseconds: 5000)
        let player = BenchmarkPlayer(publisher: publisher, feed: feed, process: process)
        let tally = try player.play(schedule.packets, seconds: seconds) { $0.finals.count >= schedule.streamCount }
        let dropped = try StatusCommand.ask(connection.control(context: context), .status(.init())).status.dropped

        Terminal.status("comparing \(tally.finals.count) streams with each alone")
        let check = try schedule.check(tally, with: StreamedSensorReader(model: model, window: window))
        Terminal.endStatus()
        let report = Report(
            streams: streams, lanes: measured.lanes, hop_ms: hop, rate: rate,
            lookahead_ms: Double(lookahead) * configuration.frameSeconds * 1000,
            p50_ms: tally.partialLatency.quantile(0.5) / 1000,
            p99_ms: tally.partialLatency.quantile(0.99) / 1000, final_p99_ms: tally.finalLatency.quantile(0.99) / 1000,
            events: Int(tally.partialLatency.count), finals: tally.finals.count, wrong: check.wrong,
            missing: check.missing,
            cpu_percent: tally.processorShare * 100, rss_mib: tally.residentMiB, ready_ms: ready * 1000,
            dropped: dropped)
        if json { try printJSON(report) } else { print(Self.text(report)) }
        if check.wrong + check.missing > 0 {
            throw CommandFailure("\(check.wrong) streams are labelled other than alone, \(check.missing) are missing")
        }
    }

    private static func text(_ report: Report) -> String {
        """
        \(report.streams) sensors at \(String(format: "%g Hz, %d lanes, hop %d ms, lookahead %.0f ms", report.rate, report.lanes, report.hop_ms, report.lookahead_ms))
        labels    \(report.events) events, \(String(format: "%.1f ms median, %.1f ms at 99 %% after the lookahead", report.p50_ms, report.p99_ms))
        finals    \(report.finals), \(String(format: "%.1f ms at 99 %%", report.final_p99_ms)); \(report.wrong) streams wrong, \(report.missing) missing
        processor \(String(format: "%.1f %%", report.cpu_percent))
        memory    \(String(format: "%.1f MiB", report.rss_mib)); ready after \(String(format: "%.0f ms", report.ready_ms)); \(report.dropped) dropped
        """
    }
}
