import Foundation
import ProgramTestSupport
import StreamingTestSupport
import Testing

/// Each process hashes with a seed of its own, so whatever follows a dictionary's order differs from run to run.
@Suite struct RepeatableOutputTests {
    @Test(.enabled(if: FixtureFolder.model != nil), arguments: ["json", "jiix", "hocr", "svg", "inkml", "pdf"])
    func everyRunWritesTheSame(format: String) throws {
        let ductus = try #require(DaemonUnderTest.program("ductus"), "ductus is not built")
        let model = try #require(FixtureFolder.model).path
        let folder = FileManager.default.temporaryDirectory.appending(path: "repeatable-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appending(path: "page.ndjson").path
        let made = try ChildProgram.run(
            ductus,
            ["synthesize", "hello wall and ball\\nmany small words", "--seed", "3", "--hand", "joined", "--out", page])
        #expect(made.status == 0, "\(made.output)")
        let outputs = try (0..<6).map { run in
            let out = folder.appending(path: "\(run).\(format)")
            let ran = try ChildProgram.run(
                named: "sh",
                [
                    "-c", "unset SWIFT_DETERMINISTIC_HASHING; exec \"$@\" > '\(out.path)'", "sh", ductus, "recognize",
                    page, "--model", model, "--format", format,
                ])
            #expect(ran.status == 0, "\(ran.output)")
            return try Data(contentsOf: out)
        }
        #expect(outputs[0].count > 100)
        #expect(Set(outputs).count == 1)
    }
}
