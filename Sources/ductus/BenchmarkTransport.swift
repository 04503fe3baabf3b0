import ArgumentParser
import DuctusTransport
import DuctusTransportZeroMQ
import Foundation
import Synchronization

/// Measures the throughput of the transport layer in messages a second: a publisher and a reactor over ipc, as pens and daemon do.
/// `Benchmarks/transport.sh` runs the same pattern in C beside it.
struct BenchmarkTransport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transport", abstract: "Measure messages per second through the sockets.")

    @Option(help: "Messages to send.")
    var messages = 1_000_000

    @Option(help: "Bytes of each payload.")
    var size = 200

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Encodable {
        var messages, bytes, lost: Int
        var seconds, messages_per_second: Double
    }

    func validate() throws {
        guard messages > 0 else { throw ValidationError("--messages must be above 0.") }
        guard (0...1 << 20).contains(size) else { throw ValidationError("--size must be 0 to 1048576.") }
    }

    func run() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let endpoint = try Endpoint("ipc://\(directory.path)/ink")
        let context = try Context()
        var port = Port(.subscribe, bind: [endpoint])
        port.subscriptions = ["ink."]
        let reactor = try Reactor(context: context, ports: [port])
        let tally = Tally(expected: messages)
        try reactor.run { _, batch in tally.count(batch) }
        defer { reactor.stop() }

        let (topic, payload, total) = (Array("ink.benchmark".utf8), [UInt8](repeating: 7, count: size), messages)
        let publisher = try Publisher(context: context, endpoint: endpoint)
        try publisher.waitForSubscription(to: topic, milliseconds: 5000)
        let start = ContinuousClock.now
        for _ in 0..<total { try publisher.send(topic: topic, payload: payload) }
        let arrived = tally.wait(seconds: 30)
        let duration = start.duration(to: .now)
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
        let report = Report(
            messages: total, bytes: size, lost: total - arrived, seconds: seconds,
            messages_per_second: Double(arrived) / seconds)
        if json {
            try printJSON(report)
        } else {
            print(String(format: "%.0f messages of %d bytes per second", report.messages_per_second, size))
        }
        if report.lost > 0 { throw CommandFailure("\(report.lost) of \(total) messages did not arrive within 30 s") }
    }
}

/// Counts messages and says when all are there.
private final class Tally: Sendable {
    private let expected: Int
    private let arrived = Atomic<Int>(0)
    private let complete = DispatchSemaphore(value: 0)

    init(expected: Int) { self.expected = expected }

    func count(_ batch: MessageBatch) {
        var whole = 0
        for message in 0..<batch.count where batch.withFrame(message, 1, { $0.first ?? 7 }) == 7 { whole += 1 }
        if arrived.add(whole, ordering: .relaxed).newValue == expected { complete.signal() }
    }

    func wait(seconds: Int) -> Int {
        _ = complete.wait(timeout: .now() + .seconds(seconds))
        return arrived.load(ordering: .relaxed)
    }
}
