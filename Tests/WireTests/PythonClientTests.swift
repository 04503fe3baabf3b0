import Foundation
import Streaming
import Testing
import Transport
import Wire

/// The client of protocols/README.md, run as it stands there.
@Suite struct PythonClientTests {
    private static let protocols = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "protocols")

    private static func run(_ arguments: [String], in directory: URL? = nil) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = directory
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    /// The interpreter that has both modules, if any.
    static let python: String? = ["python3", "/usr/bin/python3"].first {
        (try? run([$0, "-c", "import zmq, google.protobuf"]).status) == 0
    }
    static let hasProtoc = (try? run(["protoc", "--version"]).status) == 0

    @Test(.enabled(if: python != nil && hasProtoc, "needs protoc, and Python with zmq and protobuf"))
    func theClientInTheReadmeSpeaksTheProtocol() throws {
        let python = try #require(Self.python)
        let directory = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "ductus-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let readme = try String(contentsOf: Self.protocols.appending(path: "README.md"), encoding: .utf8)
        let parts = readme.components(separatedBy: "```")
        let client = try #require(parts.first { $0.hasPrefix("python\n") }).dropFirst(7)
        #expect(client.split(separator: "\n").count <= 33)
        try String(client).write(to: directory.appending(path: "client.py"), atomically: true, encoding: .utf8)
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.protocols.appending(path: "ductus/v1").path)
            .filter { $0.hasSuffix(".proto") }.map { "ductus/v1/\($0)" }
        let made = try Self.run(["protoc", "-I", Self.protocols.path, "--python_out=\(directory.path)"] + files)
        #expect(made.status == 0, "\(made.output)")

        let context = try Context()
        let ink = try Endpoint("ipc://\(directory.path)/ink")
        let labels = try Endpoint("ipc://\(directory.path)/labels")
        var input = Port(.subscribe, bind: [ink])
        input.subscriptions = [Topic.inkPrefix]
        var output = Port(.xpub, bind: [labels])
        output.options.everySubscription = true
        output.answersSubscriptionsTo = Topic.readyPrefix
        let reactor = try Reactor(context: context, ports: [input, output])
        // Stands in for the daemon: answers the end of a segment with the number of samples it saw.
        let daemon = EchoDaemon(reactor: reactor)
        try reactor.run { port, batch in if port == 0 { daemon.take(batch) } }
        defer { reactor.stop() }

        let ran = try Self.run(
            ["timeout", "60", python, "client.py", ink.description, labels.description], in: directory)
        #expect(ran.status == 0, "\(ran.output)")
        #expect(ran.output == "40 samples over 292 ms\n")
    }
}

private final class EchoDaemon: @unchecked Sendable {  // touched by the reactor's thread only
    private unowned let reactor: Reactor
    private var samples: [PenSample] = []

    init(reactor: Reactor) { self.reactor = reactor }

    func take(_ batch: MessageBatch) {
        for message in 0..<batch.count {
            guard let topic = try? Topic(wire: batch.frame(message, 0)), let stream = topic.stream,
                let packet = try? InkPacket(wire: batch.frame(message, 1))
            else { continue }
            if case .samples(let more, _) = packet.content { samples += more }
            guard case .endOfSegment = packet.content, let first = samples.first?.sample.time,
                let last = samples.last?.sample.time
            else { continue }
            let text = "\(samples.count) samples over \((last - first) / 1000) ms"
            let event = LabelEvent(
                stream: stream, epoch: 1, number: 1, segment: 1001, state: .final, text: text, committed: text.count,
                symbols: [], ending: .explicit, generation: .init(number: 0), sampleCount: samples.count,
                stamps: .init(arrived: 0, decided: 0, published: 0))
            if let wire = try? event.wire() { reactor.send([Topic.labels(stream).wire, wire], on: 1) }
        }
    }
}
