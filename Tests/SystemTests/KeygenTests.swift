import Foundation
import ProgramTestSupport
import Testing

@Suite struct KeygenTests {
    private func keygen(_ arguments: [String], in folder: URL) throws -> (status: Int32, output: String) {
        let program = try #require(DaemonUnderTest.program("ductus"), "ductus is not built")
        return try ChildProgram.run(program, ["keygen"] + arguments, in: folder)
    }

    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString.prefix(8))/a/b")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A client's name names a file: it must not lead anywhere.
    @Test(arguments: ["../../evil", "/tmp/ductus-evil", "..", ".hidden", "a/b", "x: y", "a\nb", "", "é", "it's"])
    func aNameThatIsNoneIsRefused(name: String) throws {
        let folder = try folder()
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        defer { try? FileManager.default.removeItem(at: root) }
        let (status, output) = try keygen(["--client", name], in: folder)
        #expect(status == 2, "\(output)")
        let left = try FileManager.default.subpathsOfDirectory(atPath: root.path)
        #expect(left.sorted() == ["a", "a/b"])
    }

    @Test func aClientsEntryNamesItsWriters() throws {
        let folder = try folder()
        defer {
            try? FileManager.default.removeItem(at: folder.deletingLastPathComponent().deletingLastPathComponent())
        }
        let (status, output) = try keygen(["--client", "desk-3", "--writer", "ann", "--writer", "bob"], in: folder)
        #expect(status == 0)
        #expect(output.contains("writers: ['ann', 'bob']"))
        let file = folder.appending(path: "desk-3.key").path
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
