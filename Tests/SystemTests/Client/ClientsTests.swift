import Foundation
import ProgramTestSupport
import StreamingTestSupport
import Testing

/// The clients of `clients/` and the API's description against the real daemon: `clients_check.py`, which says on one line what does not hold.
@Suite(.serialized) struct ClientsTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "clients_check.py")
        .path

    /// The tools that a check needs beside Debian's Python.
    private static let tools: [String: String] = [
        "python": "import venv, ensurepip", "openapi": "import venv, ensurepip", "iink": "import hmac",
        "javascript": "import shutil; assert shutil.which('node')",
    ]

    @Test(
        .enabled(if: FixtureFolder.model != nil, "there is no models/english"),
        arguments: ["python", "javascript", "openapi", "iink"])
    func theClientsHold(check: String) throws {
        let daemon = try #require(DaemonUnderTest.program("ductusd"), "ductusd is not built")
        let need = try #require(Self.tools[check])
        try #require(
            try ChildProgram.run("/usr/bin/python3", ["-c", need]).status == 0,
            "needs the packages that 'make test-packages' installs")
        let build = URL(filePath: daemon).deletingLastPathComponent().path
        let ran = try ChildProgram.run(
            named: "timeout", ["400", "/usr/bin/python3", Self.script, "--build", build, check])
        #expect(ran.status == 0, "\(ran.output)")
    }
}
