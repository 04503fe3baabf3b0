import DuctusStreaming
import DuctusTransport
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import ProgramTestSupport
import Synchronization
import Testing

/// protocols/examples/lsl_bridge.py between a real Lab Streaming Layer outlet and a features socket, all on this machine.
@Suite struct LabStreamingTests {
    private static let protocols = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "protocols")

    private static func start(_ arguments: [String], in directory: URL) throws -> ChildProgram {
        try ChildProgram(
            "/usr/bin/env", arguments, in: directory, environment: ["PYTHONPATH": directory.path], output: .discarded)
    }

    private static func succeeds(_ arguments: [String], in directory: URL = FileManager.default.temporaryDirectory)
        -> Bool
    {
        (try? start(arguments, in: directory))?.finish().status == 0
    }

    /// The interpreter that has all three modules, if any; `DUCTUS_PYTHON` may name it.
    static let python: String? = [ProcessInfo.processInfo.environment["DUCTUS_PYTHON"], "python3", "/usr/bin/python3"]
        .compactMap { $0 }
        .first { succeeds([$0, "-c", "import pylsl, zmq, google.protobuf"]) }
    static let hasProtoc = succeeds(["protoc", "--version"])

    /// Fifty vectors a second that count: n, -n, 0.5.
    private static let outlet = """
        import sys, time, pylsl
        info = pylsl.StreamInfo(sys.argv[1], "Accelerometer", 3, 50, "float32", sys.argv[1])
        info.set_channel_labels(["up", "down", "still"])
        outlet = pylsl.StreamOutlet(info)
        for n in range(3000):
            outlet.push_sample([n, -n, 0.5])
            time.sleep(0.02)
        """

    @Test(
        .enabled(
            if: python != nil && hasProtoc, "needs protoc, and Python with pylsl, zmq and protobuf (or DUCTUS_PYTHON)"))
    func everyVectorOfAnOutletArrivesOnceAndInOrder() throws {
        let python = try #require(Self.python)
        let name = "ductus-\(UUID().uuidString.prefix(8))"
        let directory = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = try FileManager.default.contentsOfDirectory(
            atPath: Self.protocols.appending(path: "ductus/v1").path
        )
        .filter { $0.hasSuffix(".proto") }.map { "ductus/v1/\($0)" }
        try #require(Self.succeeds(["protoc", "-I", Self.protocols.path, "--python_out=\(directory.path)"] + files))

        let endpoint = try Endpoint("ipc://\(directory.path)/features")
        var input = Port(.subscribe, bind: [endpoint])
        input.subscriptions = [Topic.featuresPrefix]
        let reactor = try Reactor(context: try Context(), ports: [input])
        let seen = Seen()
        try reactor.run { _, batch in seen.receive(batch) }
        defer { reactor.stop() }
        let outlet = try Self.start(["timeout", "90", python, "-c", Self.outlet, name], in: directory)
        let bridge = try Self.start(
            [
                "timeout", "90", python, Self.protocols.appending(path: "examples/lsl_bridge.py").path,
                endpoint.description, "watch",
                "name", name,
            ], in: directory)
        defer {
            for program in [bridge, outlet] { program.end() }
        }
        #expect(seen.enough.wait(timeout: .now() + 60) == .success)
        let packets = seen.packets
        #expect(packets.map(\.sequence) == Array(0..<UInt64(packets.count)))
        guard case .hello(let hello)? = packets.first?.content else {
            Issue.record("the first packet is no hello")
            return
        }
        #expect(hello.device == name && hello.channels == ["up", "down", "still"])
        var values: [Float] = []
        for case .frames(let frames) in packets.map(\.content) {
            #expect(frames.channels == 3 && frames.rate == 50 && frames.time != nil)
            values += frames.values
        }
        let first = try #require(values.first)
        for vector in 0..<(values.count / 3) {
            #expect(values[3 * vector] == first + Float(vector) && values[3 * vector + 1] == -values[3 * vector])
        }
    }

    private final class Seen: Sendable {
        private let kept = Mutex<[FeaturePacket]>([])
        let enough = DispatchSemaphore(value: 0)
        var packets: [FeaturePacket] { kept.withLock { $0 } }

        func receive(_ batch: MessageBatch) {
            for message in 0..<batch.count {
                guard batch.frameCount(message) == 2, let packet = try? FeaturePacket(wire: batch.frame(message, 1))
                else { continue }
                let count = kept.withLock { kept in
                    kept.append(packet)
                    return kept.count
                }
                if count == 30 { enough.signal() }
            }
        }
    }
}
