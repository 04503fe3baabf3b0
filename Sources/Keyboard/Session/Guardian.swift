import Foundation

/// A second process that gives the desktop its former engine back when the keyboard's own dies without a word: while a dead engine is chosen, nobody
/// can type.
///
/// It reads lines from its standard input, each the engine to restore, an empty one for none; at the end of its input it acts on the last.
package enum Guardian {
    /// Waits for the end of standard input, and restores then.
    package static func run(environment: [String: String]) throws {
        // It ends with what it guards, not before.
        for signal in [SIGTERM, SIGINT, SIGHUP] { Foundation.signal(signal, SIG_IGN) }
        var former = ""
        while let line = readLine() { former = line }
        guard !former.isEmpty else { return }
        let client = try IBusClient(environment: environment)
        let current = try client.globalEngine()
        guard current == nil || current == IBusComponent.engine else { return }
        try client.setGlobalEngine(former)
    }
}

/// The keyboard's end of its guardian: starts it, tells it, starts it again should it die. Belongs to one thread.
final class GuardedLife {
    private let program: String
    private let arguments: [String]
    private let onDeath: @Sendable () -> Void
    private var process: Process?
    private var input: FileHandle?
    private var former = ""
    private var patience = Patience()
    private var startedAt: Int64 = 0

    /// Nanoseconds of life after which a death is not taken for the next of a row.
    private static let longLife: Int64 = 10_000_000_000

    /// The time at which `revive` must be called.
    private(set) var deadline: Int64?

    /// - Parameters:
    ///   - onDeath: Called from any thread; it leads to `mourn(at:)`.
    init(program: String, arguments: [String], onDeath: @escaping @Sendable () -> Void) {
        self.program = program
        self.arguments = arguments
        self.onDeath = onDeath
    }

    func start(at now: Int64) throws {
        startedAt = now
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { [onDeath] _ in onDeath() }
        try process.run()
        self.process = process
        input = pipe.fileHandleForWriting
        tell()
    }

    /// The engine to restore should this process die; empty: none.
    func guardEngine(_ engine: String) {
        guard engine != former else { return }
        former = engine
        tell()
    }

    /// Plans to start the guardian again after its death, with growing pauses.
    func mourn(at now: Int64) {
        if now - startedAt >= Self.longLife { patience.reset() }
        deadline = patience.next(at: now)
    }

    /// Starts it again, once it is time.
    func revive(at now: Int64) {
        guard let deadline, now >= deadline else { return }
        self.deadline = nil
        guard process?.isRunning != true else { return }
        do { try start(at: now) } catch { mourn(at: now) }
    }

    /// Nothing is to be restored any more.
    func end() {
        deadline = nil
        process?.terminationHandler = nil
        guardEngine("")
        try? input?.close()
    }

    private func tell() { try? input?.write(contentsOf: Data((former + "\n").utf8)) }
}
