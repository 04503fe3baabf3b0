import DuctusRecognition
import DuctusStreaming
import Foundation

/// A ductusd of our own for a benchmark: in a directory of its own, with a configuration of its own, ended and removed with it.
final class DaemonProcess {
    let directory: String
    private let process = Process()
    private let readiness: ReadinessSocket
    private let started: ContinuousClock.Instant

    /// - Parameter settings: `KEY=VALUE` of the configuration.
    /// - Throws: `CommandFailure` if the program is not found or ends at once.
    init(
        program: String?, model: URL, input: Pipeline.Input, decoder: Recognizer.Decoding = .beam, lanes: Int,
        core: Int?,
        window: WindowRule, settings: [String] = []
    ) throws {
        let beside = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "ductusd").path
        let program = program ?? (FileManager.default.isExecutableFile(atPath: beside) ? beside : "/usr/sbin/ductusd")
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw CommandFailure("there is no \(program); build it, or name one with --daemon")
        }
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "ductus-benchmark-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        directory = folder.path
        readiness = try ReadinessSocket(path: folder.path + "/notify")
        let configuration = folder.appending(path: "ductus.yaml")
        try """
        directories:
          runtime: "\(folder.path)"
          state: "\(folder.path)/state"
        lanes: \(lanes)
        http:
          address: off
        adaptation:
          enabled: no
        logging:
          level: warning
        # One client stands for all.
        quotas:
          streams: 65536
          bytes_per_second: 1 GiB
        limits:
          streams: 65536
        pipelines:
          - name: \(input.rawValue)
            input: \(input.rawValue)
            model: "\(model.standardizedFileURL.path)"
            decoding: \(decoder.rawValue)
            window:
              hop: \(Int(window.hop * 1000)) ms
              chunk: \(window.chunk)
              lookahead: \(window.lookahead)
              maximum: \(window.maximum)
        """.write(to: configuration, atomically: true, encoding: .utf8)
        let arguments = ["--config", configuration.path] + settings.flatMap { ["--set", $0] }
        if let core {
            process.executableURL = URL(filePath: "/usr/bin/taskset")
            process.arguments = ["-c", "\(core)", program] + arguments
        } else {
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(["NOTIFY_SOCKET": readiness.path]) { $1 }
        started = .now
        try process.run()
    }

    /// Waits until it says that it is ready.
    ///
    /// - Returns: the seconds since its start.
    /// - Throws: `CommandFailure` if it does not say so in time.
    func waitUntilReady(seconds: Double) throws -> Double {
        while (ContinuousClock.now - started) < .seconds(seconds), process.isRunning {
            if readiness.hears("READY=1", milliseconds: 100) { return (ContinuousClock.now - started) / .seconds(1) }
        }
        throw CommandFailure("the daemon did not become ready within \(seconds) s")
    }

    struct Figures {
        var processorSeconds = 0.0
        var residentMiB = 0.0
        var descriptors = 0
        /// Its own, without the workers of Dispatch's pools, which come and go.
        var threads = 0
    }

    /// The kernel's figures of the daemon. taskset becomes the daemon, so the process is the same.
    var figures: Figures {
        var figures = Figures()
        let pid = process.processIdentifier
        if let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        {
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            if fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) {
                figures.processorSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
            }
        }
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        figures.threads = tasks.count { task in
            // Dispatch names a worker after its queue's quality of service: oot.default-qos, -qos.overcommit.
            guard let name = try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/comm", encoding: .utf8) else {
                return false
            }
            return !name.contains("-qos")
        }
        if let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kibibytes = Double(line.split(whereSeparator: \.isWhitespace)[1])
        {
            figures.residentMiB = kibibytes / 1024
        }
        figures.descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
        return figures
    }

    func end() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
