import Foundation
import Testing

/// The commands that look after a cell and an archive, run against a database and daemons of their own.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled, "needs PostgreSQL 15")) struct CellCommandTests {
    private let cell: CellUnderTest

    init() throws { cell = try CellUnderTest() }

    @Test func anArchiveIsReadByItsQueue() throws {
        let page = CellUnderTest.root.appending(path: "fixtures/ink/page.inkml").path
        #expect(try cell.output("queue add", "notes", page).contains("1 of 1 pages are new"))
        #expect(try cell.output("queue add", "notes", page).contains("0 of 1 pages are new"))
        #expect(try cell.output("queue status", "notes").contains("0 of 1 pages are done"))
        let model = CellUnderTest.root.appending(path: "models/english").path
        #expect(
            try cell.output("queue work", "notes", "--model", model, "--layout", "page").contains("1 pages read"))
        #expect(try cell.output("queue status", "notes").contains("1 of 1 pages are done"))
        #expect(try cell.output("queue results", "notes").contains("the quick brown fox"))
        #expect(try cell.output("queue retry", "notes").contains("0 pages are open again"))
    }

    @Test func aDaemonIsSeen_movedTo_askedToDrain_andBack() throws {
        #expect(try cell.output("cluster status").contains("1024 slots are nobody's"))
        try cell.start("first")
        #expect(try cell.statusComesTo { $0.contains("\"slots\":1024") })
        #expect(try cell.output("cluster move", "anna", "--to", "first").isEmpty == false)
        #expect(try cell.output("cluster status", "--json", "--writer", "anna").contains("first"))
        // Nobody else is there to take its slots: it is asked to give them up, and keeps them.
        _ = try cell.output("cluster drain", "first")
        #expect(try cell.statusComesTo { $0.contains("\"draining\":true") })
        _ = try cell.output("cluster drain", "first", "--back")
        #expect(try cell.statusComesTo { $0.contains("\"draining\":false") })
    }

    @Test func aPenThatKnowsOneDaemonIsReadByIt() throws {
        try cell.start("first")
        #expect(try cell.statusComesTo { $0.contains("\"slots\":1024") })
        let fixtures = CellUnderTest.root.appending(path: "fixtures").path
        for fixture in ["printed", "interleaved"] {
            _ = try cell.output(
                "replay", "\(fixtures)/\(fixture).fixture", "--speed", "max", "--expect",
                "\(fixtures)/\(fixture).expected", "--patience", "30", "--connect", cell.runtime(of: "first"))
        }
    }
}
