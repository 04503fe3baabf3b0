import DuctusCluster
import Foundation
import Synchronization

/// A PostgreSQL of the tests' own, in a temporary folder, reached over a Unix socket. It is started once and ends with the process.
final class PostgreSQLServer: Sendable {
    static let binaries = "/usr/lib/postgresql/15/bin"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: binaries + "/initdb") }

    private static let started = Result { try PostgreSQLServer() }

    /// - Throws: why it does not start.
    static func shared() throws -> PostgreSQLServer { try started.get() }

    let folder: URL

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    init() throws {
        folder = URL(filePath: "/tmp").appending(path: "ductus-postgres-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if getuid() == 0 { try Self.run("chown postgres \(folder.path)") }
        try Self.asPostgres("\(Self.binaries)/initdb -D \(data) -U postgres -A trust --no-sync")
        try start()
        Self.stopAtExit(folder)
    }

    private var data: String { folder.appending(path: "data").path }

    /// Without syncing: what these tests check does not survive a power cut.
    func start() throws {
        try Self.asPostgres(
            "\(Self.binaries)/pg_ctl -D \(data) -w -s -l \(folder.path)/log -o \"-c listen_addresses= -c fsync=off -k \(folder.path)\" start"
        )
    }

    func stop() throws { try Self.asPostgres("\(Self.binaries)/pg_ctl -D \(data) -s -m immediate stop") }

    /// Does to its tables what no member would.
    func run(_ sql: String) throws {
        try Self.run("psql -h \(folder.path) -U postgres -v ON_ERROR_STOP=1 -c \"\(sql)\"")
    }

    /// A schema of its own for each.
    func database(_ schema: String = "test_" + UUID().uuidString.lowercased()) -> PostgreSQLDatabase {
        PostgreSQLDatabase("host=\(folder.path) user=postgres dbname=postgres", schema: schema)
    }

    /// The server refuses to be root's.
    private static func asPostgres(_ command: String) throws {
        try run(
            getuid() == 0
                ? "setpriv --reuid=postgres --regid=postgres --init-groups sh -c '\(command)'" : command)
    }

    /// By the shell, not by `Process`: that one waits for the end of the server, too, which has its descriptors.
    private static func run(_ command: String) throws {
        let status = system("cd /tmp && \(command) </dev/null >/dev/null 2>&1")
        guard status == 0 else { throw Fault(description: "'\(command)' ended with \(status)") }
    }

    private static func stopAtExit(_ folder: URL) {
        folders.withLock { $0.append(folder.path) }
        atexit {
            for folder in PostgreSQLServer.folders.withLock({ $0 }) {
                try? PostgreSQLServer.asPostgres(
                    "\(PostgreSQLServer.binaries)/pg_ctl -D \(folder)/data -s -m immediate stop")
                try? FileManager.default.removeItem(atPath: folder)
            }
        }
    }

    /// Of all servers that were started.
    private static let folders = Mutex<[String]>([])
}
