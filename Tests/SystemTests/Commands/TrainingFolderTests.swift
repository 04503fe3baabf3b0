import Foundation
import ProgramTestSupport
import Testing

/// What stands in a training's folder is neither lost nor taken for what it is not.
@Suite struct TrainingFolderTests {
    private static let recipe = """
        {"layers": [{"kind": "convolution1D", "in": 9, "out": 8, "kernel": 4, "stride": 2, "activation": "silu"},
         {"kind": "recurrent", "cell": "lstm", "in": 8, "hidden": 8, "bidirectional": true}],
         "optimization": {"epochs": 1}}
        """

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "training-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    /// Trains on two lines of simulated ink with the recipe in `out`.
    private func train(_ out: URL, _ options: String...) throws -> (status: Int32, output: String) {
        let ink = out.deletingLastPathComponent().appending(path: "ink.ndjson")
        if !FileManager.default.fileExists(atPath: ink.path) {
            let (status, output) = try ChildProgram.ductus([
                "synthesize", "one two", "three four", "--seed", "3", "--out", ink.path,
            ]).finish()
            try #require(status == 0, "\(output)")
        }
        return try ChildProgram.ductus(
            ["train", "--data", ink.path, "--validation", ink.path, "--out", out.path, "--threads", "1"] + options
        ).finish()
    }

    private func begin(_ out: URL) throws {
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        try Self.recipe.write(to: out.appending(path: "recipe.json"), atomically: true, encoding: .utf8)
    }

    @Test func aRunThatWasCutBeforeItsFirstCheckpointBeginsAnewAndSaysSo() throws {
        try withFolder { folder in
            let (whole, cut) = (folder.appending(path: "whole"), folder.appending(path: "cut"))
            for out in [whole, cut] { try begin(out) }
            #expect(try train(whole).status == 0)
            let resumed = try train(cut, "--resume")
            #expect(resumed.status == 0 && resumed.output.contains("begins anew"), "\(resumed.output)")
            #expect(
                try Data(contentsOf: cut.appending(path: "model.safetensors"))
                    == Data(contentsOf: whole.appending(path: "model.safetensors")))
        }
    }

    @Test func nothingIsResumedWhereNothingBegan() throws {
        try withFolder { folder in
            let outcome = try train(folder.appending(path: "new"), "--resume")
            #expect(outcome.status == 2 && outcome.output.contains("no checkpoint"), "\(outcome.output)")
        }
    }

    @Test func aModelIsReplacedOnlyWhenAskedFor() throws {
        try withFolder { folder in
            let out = folder.appending(path: "out")
            try begin(out)
            let model = out.appending(path: "model.safetensors")
            try Data("a model".utf8).write(to: model)
            for options in [[], ["--resume"]] {
                let outcome = try options.isEmpty ? train(out) : train(out, "--resume")
                #expect(outcome.status == 2, "\(outcome.output)")
                #expect(try Data(contentsOf: model) == Data("a model".utf8))
            }
            #expect(try train(out, "--replace").status == 0)
        }
    }

    @Test func aLanguageModelIsResumedOnlyWhereOneBegan() throws {
        try withFolder { folder in
            let text = folder.appending(path: "text.txt")
            try String(repeating: "the quick brown fox\n", count: 300)
                .write(to: text, atomically: true, encoding: .utf8)
            let out = folder.appending(path: "characters")
            func train() throws -> (status: Int32, output: String) {
                try ChildProgram.ductus([
                    "language-model", "train", text.path, "--characters", "3000", "--measured", "100", "--threads", "1",
                    "--out", out.path, "--resume",
                ]).finish()
            }
            let refused = try train()
            #expect(refused.status == 2 && refused.output.contains("no checkpoint"), "\(refused.output)")
            try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
            try #"{"hidden": 8}"#
                .write(to: out.appending(path: "recipe.json"), atomically: true, encoding: .utf8)
            let begun = try train()
            #expect(begun.status == 0 && begun.output.contains("begins anew"), "\(begun.output)")
        }
    }
}
