import Foundation
import ProgramTestSupport
import Testing

/// Notes that cannot be read are named when a folder is read for the index; files without ink are not.
@Suite struct DamagedNotesTests {
    @Test func aDamagedNoteIsNamed() throws {
        let ductus = try #require(DaemonUnderTest.program("ductus"), "ductus is not built")
        let model = try #require(FixtureFolder.model, "models/english is missing").path
        let folder = FileManager.default.temporaryDirectory.appending(path: "damaged-\(UUID())")
        let notes = folder.appending(path: "notes")
        try FileManager.default.createDirectory(at: notes, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2]).write(to: notes.appending(path: "cut.xopp"))
        try Data("a list".utf8).write(to: notes.appending(path: "list.txt"))
        let made = try ChildProgram.run(
            ductus, ["synthesize", "milk", "--seed", "3", "--out", notes.appending(path: "good.ndjson").path])
        #expect(made.status == 0, "\(made.output)")
        let arguments = ["index", notes.path, "--index", folder.appending(path: "index").path, "--model", model]
        let read = try ChildProgram.run(ductus, arguments)
        #expect(read.status == 0 && read.output.contains("1 notes"), "\(read.output)")
        #expect(read.output.contains("cut.xopp: damaged"), "\(read.output)")
        #expect(!read.output.contains("list.txt"), "\(read.output)")
    }
}
