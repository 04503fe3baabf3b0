import ProgramTestSupport
import Testing

/// A number of threads that no machine has is refused before anything is read, by every command that takes one.
@Suite struct ThreadCountTests {
    @Test(
        arguments: [
            ["train", "--data", "d", "--out", "o"], ["evaluate", "--data", "d"], ["recognize", "f"],
            ["calibrate", "--model", "m"], ["adapt", "--data", "d", "--canary", "c"], ["index", "f"],
            ["benchmark", "network"], ["benchmark", "robustness", "--data", "d"],
            ["language-model", "train", "t", "--out", "o"],
        ], ["100000", "0", "-1", "2.5", "many"])
    func whatIsNoNumberOfThreads(command: [String], count: String) throws {
        let (status, output) = try ChildProgram.ductus(command + ["--threads=\(count)"]).finish()
        #expect(status == 2, "\(output)")
        #expect(output.contains("threads"), "\(output)")
    }
}
