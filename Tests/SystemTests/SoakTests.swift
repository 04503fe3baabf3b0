import Foundation
import ProgramTestSupport
import Testing

/// The soak of docs/operations.md, for two minutes: no leak, no drift of memory, every final right.
@Suite struct SoakTests {
    @Test func twoMinutesOfAHundredPens_leaveTheDaemonAsItWas() throws {
        let model = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../models/english")
            .standardized.path
        let (status, output) = try ChildProgram.ductus(
            ["benchmark", "soak", "--pens", "100", "--minutes", "2", "--model", model, "--shared-machine", "--json"])
            .finish()
        #expect(status == 0, "\(output)")
    }
}
