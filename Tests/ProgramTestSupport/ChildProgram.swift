import Foundation

/// A program that a test starts. It ends with the last reference, and all that it started with it.
///
/// Guarantees: no signal is blocked in it, though the threads that run tests block most of them and `Process` hands their mask on. It leads a
/// group of processes, which `end()` kills.
public final class ChildProgram {
    /// The receiver of both of its outputs.
    public enum Output {
        /// The child itself: `finish()` and `firstLine(where:)` give what came.
        case collected
        /// Nobody.
        case discarded
        case file(FileHandle)
        /// Standard output goes where that of the tests goes; standard error, too, unless there is a pipe for it.
        case shared(errors: Pipe?)
    }

    /// The exit status (the signal's number, if one ended it) and both outputs.
    public typealias Ending = (status: Int32, output: String)

    private let process = Process()
    /// Collects both outputs; nil where they go elsewhere, for then nothing would ever end it.
    private let pipe: Pipe?

    /// Starts it, without input.
    ///
    /// - Parameters:
    ///   - path: of its file.
    ///   - folder: its working directory; nil: that of the tests.
    ///   - environment: variables beside those of the tests.
    public init(
        _ path: String, _ arguments: [String] = [], in folder: URL? = nil, environment: [String: String] = [:],
        output: Output = .collected
    ) throws {
        if case .collected = output { pipe = Pipe() } else { pipe = nil }
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        switch output {
        case .collected: (process.standardOutput, process.standardError) = (pipe, pipe)
        case .discarded:
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        case .file(let file): (process.standardOutput, process.standardError) = (file, file)
        case .shared(let errors): if let errors { process.standardError = errors }
        }
        try Self.withoutBlockedSignals { try process.run() }
    }

    deinit { end() }

    /// Starts it and waits for its end.
    public static func run(
        _ path: String, _ arguments: [String] = [], in folder: URL? = nil, environment: [String: String] = [:]
    ) throws -> Ending {
        try ChildProgram(path, arguments, in: folder, environment: environment).finish()
    }

    /// Starts a program that is found on the `PATH`, and waits for its end.
    public static func run(
        named name: String, _ arguments: [String] = [], in folder: URL? = nil, environment: [String: String] = [:]
    ) throws -> Ending {
        try run("/usr/bin/env", [name] + arguments, in: folder, environment: environment)
    }

    public var processIdentifier: Int32 { process.processIdentifier }
    public var isRunning: Bool { process.isRunning }

    /// Sends it a signal and waits for its end; gives the exit status.
    public func end(with signal: Int32) -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Kills it, with all that it started in its group, and waits for its end. After the end it kills what is left of the group.
    public func end() {
        // Where it could not be started, 0 would name the group of the tests.
        if process.processIdentifier > 0 {
            kill(-process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// Waits for its end. The output is empty unless it is collected.
    public func finish() -> Ending {
        let output = pipe?.fileHandleForReading.readDataToEndOfFile() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// The first line of its output that is so; nil if it ends without one.
    public func firstLine(where isSo: (String) -> Bool) -> String? {
        var bytes = Data()
        while let more = pipe?.fileHandleForReading.availableData, !more.isEmpty {
            bytes += more
            let whole = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            if let line = whole.dropLast().map(String.init).first(where: isSo) { return line }
        }
        return nil
    }

    private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var former = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &former)
        defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
        try body()
    }
}
