import Foundation
import Testing

/// What `make run` does once everything is built.
@Suite struct ReplayDemonstrationTests {
    @Test(.enabled(if: FixtureFolder.model?.lastPathComponent == "english", "there is no models/english"))
    func itReplaysShowsTheFinalsAndEnds() throws {
        let scene = try #require(Scene.named("proximity-out"))
        let program = try #require(DaemonUnderTest.program("ductusd"), "ductusd is not built")
        let process = Process()
        process.executableURL = FixtureFolder.root.appending(path: "packaging/run")
        process.arguments = [
            URL(filePath: program).deletingLastPathComponent().path, FixtureFolder.recording(scene.name).path,
        ]
        // The folder of the sockets lies here, so that it can be seen to be gone.
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        process.environment = ProcessInfo.processInfo.environment.merging(["XDG_RUNTIME_DIR": folder.path]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(output)")
        let expected = try String(contentsOf: FixtureFolder.expectation(scene.name), encoding: .utf8)
        #expect(output.contains(expected), "\(output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
