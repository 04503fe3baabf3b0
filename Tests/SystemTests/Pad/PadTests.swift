import Foundation
import ProgramTestSupport
import StreamingTestSupport
import Testing

/// The pad in Debian's Chromium against the real daemon: `pad_check.py`, which says on one line what does not hold.
@Suite(.serialized) struct PadTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "pad_check.py")
        .path
    private static let python = "/usr/bin/python3"

    static let canRun =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium") && FixtureFolder.model != nil
        && (try? ChildProgram.run(python, ["-c", "import websockets, google.protobuf"]).status) == 0

    @Test(
        .enabled(if: canRun, "needs chromium, python3-websockets, python3-protobuf and models/english"),
        arguments: ["draw", "correct", "reconnect", "search", "pictures"])
    func thePadHolds(check: String) throws {
        let daemon = try #require(DaemonUnderTest.program("ductusd"), "ductusd is not built")
        let build = URL(filePath: daemon).deletingLastPathComponent().path
        let ran = try ChildProgram.run(
            named: "timeout", ["240", Self.python, Self.script, "--build", build, check])
        #expect(ran.status == 0, "\(ran.output)")
    }
}
