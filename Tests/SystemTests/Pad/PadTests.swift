import Foundation
import StreamingTestSupport
import Testing

/// The pad in Debian's Chromium against the real daemon: `pad_check.py`, which says on one line what does not hold.
@Suite(.serialized) struct PadTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "pad_check.py")
        .path
    private static let python = "/usr/bin/python3"

    static let canRun =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium") && FixtureFolder.model != nil
        && (try? run(python, ["-c", "import websockets, google.protobuf"]).status) == 0

    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    @Test(
        .enabled(if: canRun, "needs chromium, python3-websockets, python3-protobuf and models/english"),
        arguments: ["draw", "correct", "reconnect", "search", "pictures"])
    func thePadHolds(check: String) throws {
        let daemon = try #require(DaemonUnderTest.program("ductusd"), "ductusd is not built")
        let build = URL(filePath: daemon).deletingLastPathComponent().path
        let ran = try Self.run(
            "/usr/bin/env", ["timeout", "240", Self.python, Self.script, "--build", build, check])
        #expect(ran.status == 0, "\(ran.output)")
    }
}
