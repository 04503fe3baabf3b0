import DuctusDaemon
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import ProgramTestSupport
import StreamingTestSupport
import Testing

/// The program `ductusd` as it was built beside the tests, running in a folder of its own, by default with a tiny model.
final class DaemonUnderTest {
    let folder: String
    let process: ChildProgram
    let context: Context

    /// Where the build put the programs; nil if they were not built.
    static func program(_ name: String) -> String? {
        var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<4 {
            let path = folder.appending(path: name).path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
            folder.deleteLastPathComponent()
        }
        return nil
    }

    /// - Parameters:
    ///   - model: a model folder; nil: a tiny network with wild weights.
    ///   - idle: seconds without a packet after which a segment ends.
    ///   - sensors: pipelines beside that of the ink.
    ///   - pipelines: further ones, as the configuration has them.
    ///   - readsInk: whether there is a pipeline for ink.
    ///   - settings: `KEY=VALUE` of the configuration.
    ///   - log: gets what it logs; nil: the tests' own standard error.
    ///   - descriptors: how many it may have open; nil: as many as the tests may.
    init(
        lanes: Int = 1, model: URL? = nil, idle: Int = 3, sensors: [SensorPipeline] = [], pipelines: String = "",
        readsInk: Bool = true, settings: [String] = [], log: Pipe? = nil, descriptors: Int? = nil
    ) throws {
        let program = try #require(Self.program("ductusd"), "ductusd is not built")
        folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let model = model ?? URL(filePath: folder + "/tiny.safetensors")
        if model.lastPathComponent == "tiny.safetensors" { try TinyModel.make().weightFile().write(to: model) }
        let ink = """
              - name: ink
                model: "\(model.path)"
                endpoint: {idle: \(idle) s}

            """
        try """
        directories: {runtime: "\(folder)", state: "\(folder)/state"}
        lanes: \(lanes)
        http: {address: off}
        logging: {level: error}
        pipelines:
        \((readsInk ? ink : "") + sensors.map(\.configuration).joined() + pipelines)
        """.write(toFile: folder + "/ductus.yaml", atomically: true, encoding: .utf8)
        context = try Context()
        let arguments = ["--config", folder + "/ductus.yaml"] + settings.flatMap { ["--set", $0] }
        process =
            if let descriptors {
                try ChildProgram(
                    "/bin/sh", ["-c", "ulimit -n \(descriptors); exec \"$0\" \"$@\"", program] + arguments,
                    output: .shared(errors: log))
            } else {
                try ChildProgram(program, arguments, output: .shared(errors: log))
            }
    }

    deinit {
        process.end()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func endpoint(_ name: String) throws -> Endpoint { try Endpoint("ipc://\(folder)/\(name)") }

    /// Sends a signal and gives the exit status.
    func end(with signal: Int32) -> Int32 { process.end(with: signal) }

    /// Runs `ductus` against this daemon.
    func ductus(_ arguments: String...) throws -> (status: Int32, output: String) {
        try start(arguments).finish()
    }

    /// Starts `ductus` against this daemon.
    func start(_ arguments: String...) throws -> ChildProgram { try start(arguments) }

    private func start(_ arguments: [String]) throws -> ChildProgram {
        try .ductus(arguments + ["--connect", folder])
    }

    /// What it answers on its control socket.
    func status() throws -> WireStatusReply {
        guard case .status(let status) = try ask(.status(WireStatusRequest())) else { throw WireFault.unknownBody }
        return status
    }

    func ask(_ body: WireControlRequest.OneOf_Body) throws -> WireControlReply.OneOf_Body {
        let client = ControlClient(context: context, endpoint: try endpoint("control"))
        return try WireControlReply(wire: client.request(WireControlRequest(id: 1, body).wire(), milliseconds: 20_000))
            .answer()
    }

    /// Asks for its status until `isSo`. False: it did not become so.
    ///
    /// - Parameter toleratingRefusals: asks again where the daemon turns the connection away.
    func comesTo(
        seconds: Double = 20, toleratingRefusals: Bool = false, _ isSo: (WireStatusReply) -> Bool
    ) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            do {
                if isSo(try status()) { return true }
            } catch  where toleratingRefusals {
                usleep(50_000)
            }
        }
        return false
    }

    /// Files and sockets that it has open.
    var descriptors: Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd")) ?? []).count
    }

    /// Bytes of memory that it occupies.
    var residentBytes: Int {
        let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
}

extension ChildProgram {
    /// `ductus` at work, as it was built beside the tests.
    static func ductus(_ arguments: [String]) throws -> ChildProgram {
        try ChildProgram(#require(DaemonUnderTest.program("ductus"), "ductus is not built"), arguments)
    }
}
