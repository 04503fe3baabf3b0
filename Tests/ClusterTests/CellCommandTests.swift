import DuctusCluster
import Foundation
import Testing

/// The commands that look after a cell and an archive, run against a database and a daemon of their own.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled, "needs PostgreSQL 15")) struct CellCommandTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private let server: PostgreSQLServer
    private let database: String

    init() throws {
        // The commands keep to the schema that a cell has by default: one server for this suite.
        server = try PostgreSQLServer()
        database = "host=\(server.folder.path) user=postgres dbname=postgres"
    }

    private func process(_ program: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = Self.root.appending(path: ".build/release/\(program)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["DUCTUS_CLUSTER_DATABASE": database]) { $1 }
        return process
    }

    /// What a command prints.
    private func output(_ command: String, _ arguments: String...) throws -> String {
        let process = process("ductus", command.split(separator: " ").map(String.init) + arguments)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(command): \(text)")
        return text
    }

    @Test func anArchiveIsReadByItsQueue() throws {
        let page = Self.root.appending(path: "fixtures/ink/page.inkml").path
        #expect(try output("queue add", "notes", page).contains("1 of 1 pages are new"))
        #expect(try output("queue add", "notes", page).contains("0 of 1 pages are new"))
        #expect(try output("queue status", "notes").contains("0 of 1 pages are done"))
        let model = Self.root.appending(path: "models/english").path
        #expect(try output("queue work", "notes", "--model", model, "--layout", "page").contains("1 pages read"))
        #expect(try output("queue status", "notes").contains("1 of 1 pages are done"))
        #expect(try output("queue results", "notes").contains("the quick brown fox"))
        #expect(try output("queue retry", "notes").contains("0 pages are open again"))
    }

    @Test func aDaemonIsSeen_movedTo_askedToDrain_andBack() throws {
        #expect(try output("cluster status").contains("1024 slots are nobody's"))
        let folder = FileManager.default.temporaryDirectory.appending(path: "cell-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let settings = [
            "directories.runtime=\(folder.path)", "directories.state=\(folder.path)/state", "http.address=off",
            "directories.models=\(Self.root.path)/models", "cluster.member=first", "logging.level=error",
            "cluster.database=\(database)",
        ]
        let daemon = process("ductusd", settings.flatMap { ["--set", $0] })
        try daemon.run()
        defer {
            daemon.terminate()
            daemon.waitUntilExit()
        }
        #expect(try comesTo { $0.contains("\"slots\":1024") })
        #expect(try output("cluster move", "anna", "--to", "first").isEmpty == false)
        #expect(try output("cluster status", "--json", "--writer", "anna").contains("first"))
        // Nobody else is there to take its slots: it is asked to give them up, and keeps them.
        _ = try output("cluster drain", "first")
        #expect(try comesTo { $0.contains("\"draining\":true") })
        _ = try output("cluster drain", "first", "--back")
        #expect(try comesTo { $0.contains("\"draining\":false") })
    }

    private func comesTo(_ isSo: (String) -> Bool) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if isSo(try output("cluster status", "--json")) { return true }
            usleep(200_000)
        }
        return false
    }
}
