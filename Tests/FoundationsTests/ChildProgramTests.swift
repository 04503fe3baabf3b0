import Foundation
import ProgramTestSupport
import Testing

/// The programs that tests start.
@Suite struct ChildProgramTests {
    /// The workers of Dispatch, which run the tests, block most signals.
    @Test func noSignalIsBlockedInAProgram() throws {
        let (status, output) = try ChildProgram.run("/bin/grep", ["SigBlk", "/proc/self/status"])
        #expect(status == 0)
        #expect(output.split(separator: "\t").last == "0000000000000000\n")
    }

    /// The pipe ends only once nobody holds it: `finish()` would wait for the second process.
    @Test func aProgramThatIgnoresSignalsEndsWithWhatItStarted() throws {
        let program = try ChildProgram("/bin/sh", ["-c", "trap '' TERM INT HUP; echo ready; sleep 1000 & wait"])
        #expect(program.firstLine { $0 == "ready" } == "ready")
        program.end()
        #expect(!program.isRunning)
        #expect(program.finish().status == SIGKILL)
    }

    @Test func aProgramWhoseOutputNobodyWantsIsWaitedFor() throws {
        let program = try ChildProgram("/bin/sh", ["-c", "echo spoken; exit 3"], output: .discarded)
        let (status, output) = program.finish()
        #expect(status == 3 && output.isEmpty)
    }

    @Test func aProgramThatIsMissingThrows() {
        #expect(throws: (any Error).self) { try ChildProgram("/nonexistent/program") }
    }
}
