import Foundation
import Testing

/// Pens that write to a cell of several daemons.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled, "needs PostgreSQL 15")) struct CellOfSeveralTests {
    /// What `ductus cluster pens` has written down so far.
    private func history(_ path: String) throws -> [[String: String]] {
        // It begins with the first entry.
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1)
            .map { try JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
    }

    @Test func aWriterWhosePenMovesIsReadWithTheirOwnWeightsByTheSecondLine() throws {
        let cell = try CellUnderTest()
        let members = ["one", "two"]
        for member in members { try cell.start(member) }
        #expect(
            try cell.statusComesTo { status in
                members.allSatisfy { status.contains("\"name\":\"\($0)\"") } && !status.contains("\"slots\":0")
            })
        let path = cell.file("history")
        let model = CellUnderTest.root.appending(path: "models/english").path
        let pens = try cell.start(
            "ductus",
            [
                "cluster", "pens", "--connect", cell.connection(to: members), "--pens", "2", "--writers", "2",
                "--seconds", "600", "--model", model, "--history", path,
            ], output: .discarded)
        defer { pens.end() }
        func finals(of pen: String? = nil) throws -> [[String: String]] {
            try history(path).filter { $0["kind"] == "final" && (pen == nil || $0["pen"] == pen) }
        }
        // Four corrections teach something, once the machine has time to learn it.
        let learned = try #require(
            try cell.waitFor(seconds: 240) { try finals().first { $0["generation"]?.hasPrefix("writer-") == true } })
        let pen = try #require(learned["pen"]), writer = try #require(learned["generation"]?.prefix { $0 != "/" })
        let status = try cell.output("cluster status", "--json", "--writer", String(writer))
        let other = try #require(members.first { !status.contains("\"owner\":\"\($0)\"") })
        let before = try #require(finals(of: pen).last?["epoch"])
        _ = try cell.output("cluster move", String(writer), "--to", other)
        let moved = try #require(
            try cell.waitFor(seconds: 120) {
                let moved = try finals(of: pen).filter { $0["epoch"] != before }
                return moved.count >= 2 ? moved : nil
            })
        #expect(moved[1]["generation"]?.hasPrefix("\(writer)/") == true)
        #expect(try history(path).filter { $0["kind"] == "violation" }.isEmpty)
    }
}
