import Foundation
import ProgramTestSupport
import Testing

/// What `make run` does once everything is built.
@Suite struct ReplayDemonstrationTests {
    @Test(.enabled(if: FixtureFolder.model?.lastPathComponent == "english", "there is no models/english"))
    func itReplaysShowsTheFinalsAndEnds() throws {
        let scene = try #require(Scene.named("proximity-out"))
        let program = try #require(DaemonUnderTest.program("ductusd"), "ductusd is not built")
        // The folder of the sockets lies here, so that it can be seen to be gone.
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (status, output) = try ChildProgram.run(
            FixtureFolder.root.appending(path: "packaging/run").path,
            [URL(filePath: program).deletingLastPathComponent().path, FixtureFolder.recording(scene.name).path],
            environment: ["XDG_RUNTIME_DIR": folder.path])
        #expect(status == 0, "\(output)")
        let expected = try String(contentsOf: FixtureFolder.expectation(scene.name), encoding: .utf8)
        #expect(output.contains(expected), "\(output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
