import Foundation
import ProgramTestSupport
import Testing

/// A cell of real daemons on Unix sockets around a database of its own, and the commands that speak to it. All of it ends with the last
/// reference.
final class CellUnderTest {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private let server: PostgreSQLServer
    private let folder: URL
    private var daemons: [String: ChildProgram] = [:]

    init() throws {
        // The commands keep to the schema that a cell has by default: one server for each cell.
        server = try PostgreSQLServer()
        folder = FileManager.default.temporaryDirectory.appending(path: "cell-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        for daemon in daemons.values { daemon.end() }
        try? server.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    private var database: String { "host=\(server.folder.path) user=postgres dbname=postgres" }
    /// The runtime directory of a daemon.
    func runtime(of member: String) -> String { folder.appending(path: member).path }
    /// What `--connect` takes for all of these.
    func connection(to members: [String]) -> String { members.map(runtime).joined(separator: ",") }
    /// A file that the test may write.
    func file(_ name: String) -> String { folder.appending(path: name).path }

    /// Starts a daemon; it owns slots once `owned` says so.
    func start(_ member: String) throws {
        let settings = [
            "directories.runtime=\(runtime(of: member))", "directories.state=\(runtime(of: member))/state",
            "directories.models=\(Self.root.path)/models", "http.address=off", "cluster.member=\(member)", "lanes=1",
            "logging.level=error", "adaptation.niceness=0", "cluster.database=\(database)",
        ]
        try FileManager.default.createDirectory(atPath: runtime(of: member), withIntermediateDirectories: true)
        daemons[member] = try start("ductusd", settings.flatMap { ["--set", $0] }, output: .shared(errors: nil))
    }

    /// Starts a program of this project that knows the cell's database.
    func start(_ program: String, _ arguments: [String], output: ChildProgram.Output) throws -> ChildProgram {
        try ChildProgram(
            Self.root.appending(path: ".build/release/\(program)").path, arguments,
            environment: ["DUCTUS_CLUSTER_DATABASE": database], output: output)
    }

    /// What `ductus` prints; it must end well.
    func output(_ command: String, _ arguments: String...) throws -> String {
        let words = command.split(separator: " ").map(String.init) + arguments
        let (status, text) = try start("ductus", words, output: .collected).finish()
        #expect(status == 0, "\(command): \(text)")
        return text
    }

    /// Waits for something that the cell comes to by itself.
    ///
    /// - Returns: nil if it does not within the time.
    func waitFor<Value>(seconds: Double, _ value: () throws -> Value?) throws -> Value? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        repeat {
            if let found = try value() { return found }
            usleep(100_000)
        } while ContinuousClock.now < deadline
        return nil
    }

    /// Whether the cell's status, as JSON, becomes such.
    func statusComesTo(_ isSo: (String) -> Bool) throws -> Bool {
        try waitFor(seconds: 60) { isSo(try output("cluster status", "--json")) ? true : nil } ?? false
    }
}
