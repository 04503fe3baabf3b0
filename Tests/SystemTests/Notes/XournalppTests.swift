import Foundation
import ProgramTestSupport
import StreamingTestSupport
import Testing

/// The plugin in Debian's Xournal++ under Xvfb: `xournalpp_check.py`, which says on one line what does not hold.
@Suite(.serialized) struct XournalppTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "xournalpp_check.py"
    ).path

    private static let programs = ["xournalpp", "Xvfb", "dbus-daemon", "xdotool", "pdftotext"]
    static let canRun =
        programs.allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0) }
        && FixtureFolder.model != nil

    @Test(.enabled(if: canRun, "needs what TEST_PACKAGES of the Makefile names, and models/english"))
    func bothMenuEntriesDoTheirWork() throws {
        let ductus = try #require(DaemonUnderTest.program("ductus"), "ductus is not built")
        let build = URL(filePath: ductus).deletingLastPathComponent().path
        let ran = try ChildProgram.run(
            named: "timeout",
            ["--kill-after=10", "300", "/usr/bin/python3", Self.script, "--build", build])
        #expect(ran.status == 0, "\(ran.output)")
    }
}
