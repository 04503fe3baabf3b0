import Foundation
import ProgramTestSupport
import StreamingTestSupport
import Testing

/// The pen as a keyboard on a desktop of its own (Xvfb, session bus, ibus-daemon 1.5, fields of GTK 3, Qt 5 and Chromium) with the real daemon:
/// `keyboard_check.py`, which says on one line what does not hold.
@Suite(.serialized) struct KeyboardSystemTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "keyboard_check.py"
    ).path
    private static let python = "/usr/bin/python3"

    private static let programs = ["Xvfb", "ibus-daemon", "dbus-daemon", "xdotool", "chromium", "sway", "wtype"]
    static let canRun =
        programs.allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0) }
        && FixtureFolder.model != nil
        && (try? ChildProgram.run(
            python, ["-c", "import gi, PyQt5.QtWidgets, websockets; gi.require_version('Gtk', '3.0')"]
        ).status) == 0

    @Test(
        .enabled(if: canRun, "needs what TEST_PACKAGES of the Makefile names, and models/english"),
        arguments: [
            "entry", "view", "qt", "chromium", "choose", "choose_click", "password", "password_chromium", "killed",
            "restart",
        ])
    func theKeyboardHolds(check: String) throws {
        let daemon = try #require(DaemonUnderTest.program("ductusd"), "ductusd is not built")
        let build = URL(filePath: daemon).deletingLastPathComponent().path
        let ran = try ChildProgram.run(
            named: "timeout", ["--kill-after=10", "400", Self.python, Self.script, "--build", build, check])
        print(ran.output, terminator: "")
        #expect(ran.status == 0, "\(ran.output)")
    }
}
