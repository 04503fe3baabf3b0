import DuctusDaemon
import Foundation
import ProgramTestSupport
import StreamingTestSupport
import Testing

/// Every subcommand of `ductus` runs once, on small inputs, and says what it should.
@Suite(.serialized) struct CommandTests {
    /// A call of the program. `$F` in an argument is the folder of the run.
    struct Run {
        var command: [String]
        var arguments: [String]
        /// A part of what it prints.
        var says: String

        init(_ command: String, _ arguments: [String], says: String) {
            self.command = command.split(separator: " ").map(String.init)
            self.arguments = arguments
            self.says = says
        }
    }

    private static let english = FixtureFolder.root.appending(path: "models/english").path
    private static let movement = FixtureFolder.root.appending(path: "models/movement").path
    private static let characters = FixtureFolder.root
        .appending(path: "models/english-characters/language-model.safetensors").path
    private static let spelling = FixtureFolder.root.appending(path: "models/spelled-out/recipe.json").path
    private static let pen = FixtureFolder.root.appending(path: "Tests/TabletTests/small.evemu").path

    /// In this order: later ones use the files of earlier ones.
    private static let withoutDaemon = [
        Run(
            "synthesize", ["the quick brown fox", "over the lazy dog", "--seed", "3", "--out", "$F/ink.ndjson"],
            says: "2 lines"),
        Run("synthesize", ["--from", "$F/words.txt", "--writer", "5", "--out", "$F/writer.ndjson"], says: "14 lines"),
        Run("recognize", ["$F/ink.ndjson", "--model", english, "--json"], says: "the quick brown fox"),
        Run("render", ["$F/ink.ndjson", "--out", "$F/ink.svg"], says: ""),
        Run("index", ["$F", "--index", "$F/notes", "--model", english], says: "notes"),
        Run("search", ["quick", "--index", "$F/notes", "--json"], says: "ink.ndjson"),
        Run(
            "simulate", ["--recordings", "2", "--seconds", "5", "--rate", "50", "--out", "$F/sensor.ndjson"], says: ""),
        Run(
            "train",
            [
                "--recipe", "$F/recipe.json", "--data", "$F/ink.ndjson", "--validation", "$F/ink.ndjson", "--out",
                "$F/model",
            ],
            says: "The model is in"),
        Run(
            "train",
            [
                "--frames", "--recipe", "$F/recipe.json", "--data", "$F/ink.ndjson", "--validation", "$F/ink.ndjson",
                "--leave-out", "$F/words.txt", "--out", "$F/frames",
            ],
            says: "The frames of 2 examples"),
        Run("calibrate", ["--model", "$F/model", "--data", "$F/ink.ndjson"], says: "character error rate"),
        Run("evaluate", ["--model", english, "--data", "$F/ink.ndjson", "--json"], says: "\"lines\":2"),
        Run(
            "adapt",
            [
                "--model", english, "--data", "$F/writer.ndjson", "--canary", "$F/ink.ndjson", "--lines", "2",
                "--canary-lines", "2", "--json",
            ], says: "\"canary_after\""),
        Run("language-model build", ["$F/text.txt", "--order", "3", "--out", "$F/text.ngram"], says: "n-grams"),
        Run("language-model perplexity", ["--model", "$F/text.ngram", "$F/text.txt", "--json"], says: "perplexity"),
        Run("language-model text", ["$F/text.txt", "--pieces"], says: " "),
        Run(
            "language-model train",
            [
                "$F/text.txt", "--recipe", "$F/small.json", "--characters", "3000", "--measured", "100", "--out",
                "$F/recurrent",
            ], says: "The model is in"),
        Run(
            "language-model export",
            ["--checkpoint", "$F/recurrent/checkpoint.safetensors", "--out", "$F/recurrent.safetensors"], says: ""),
        Run("language-model sample", ["--model", characters, "--length", "10"], says: ""),
        Run(
            "language-model probe", ["--model", characters, "$F/text.txt", "--lines", "3", "--json"], says: "\"unit\""),
        Run("language-model words", ["$F/text.txt"], says: "quick"),
        Run(
            "train",
            [
                "--recipe", spelling, "--epochs", "1", "--data", "$F/pairs.tsv", "--validation", "$F/pairs.tsv",
                "--out",
                "$F/spelled",
            ], says: "The model is in"),
        Run("translate", ["$F/numbers.txt", "--model", "$F/spelled", "--json"], says: "\"source\":\"5\""),
        Run(
            "benchmark robustness", ["--model", english, "--data", "$F/ink.ndjson", "--limit", "1", "--json"], says: "{"
        ),
        Run("keygen", ["--client", "pad", "--output", "$F/pad.key"], says: "pad"),
        Run("benchmark network", ["--frames", "8", "--repeats", "1", "--json"], says: "\"inference_s\""),
        Run("benchmark decoder", ["--frames", "20", "--repeats", "1", "--json"], says: "\"beam_s\""),
        Run("benchmark transport", ["--messages", "100", "--json"], says: "\"lost\":0"),
        Run(
            "benchmark daemon",
            ["--pens", "2", "--seconds", "6", "--lanes", "1", "--model", english, "--json"],
            says: "\"finals_missing\":0"),
        Run(
            "benchmark sensors",
            ["--streams", "2", "--seconds", "2", "--lanes", "1", "--model", movement, "--json"], says: "\"finals\":2"),
        Run(
            "benchmark learning",
            ["--pens", "2", "--seconds", "4", "--lanes", "1", "--model", english, "--json"], says: "\"learning\""),
    ]

    /// Of a daemon; `$S` is the segment that the replay gave.
    private static let withDaemon = [
        Run("replay", ["$F/pen.fixture", "--speed", "max", "--patience", "1"], says: "desk\tthe quick brown fox"),
        Run("feed", ["$F/sensor.ndjson", "--speed", "max"], says: "1.00"),
        Run("tablet", [pen, "--speed", "0", "--writer", "anna"], says: ""),
        Run("record", ["$F/recorded.fixture", "--seconds", "1"], says: "messages"),
        Run("status", ["--json"], says: "\"desk\""),
        Run("correct", ["desk", "$S", "the quick brown fax"], says: "in the journal"),
        Run("journal export", ["--nobody"], says: "the quick brown fax"),
        Run("words list", ["--json"], says: ""),
        Run("words forget", ["anna", "--all"], says: "forgotten"),
        Run("model list", ["--json"], says: "base_hash"),
        Run("model show", ["0", "--pipeline", "ink"], says: "as shipped"),
        Run("model rollback", ["0", "--pipeline", "ink"], says: "serves"),
        Run("journal erase", ["--nobody"], says: "1 corrections"),
        Run("pad", ["--print"], says: "http://127.0.0.1:"),
    ]

    /// Run by a suite of its own: the commands of a cell by `CellCommandTests` and `Tests/cluster`.
    private static let elsewhere = [
        ["benchmark", "soak"], ["watch"], ["keyboard"], ["cluster", "status"], ["cluster", "move"],
        ["cluster", "drain"],
        ["cluster", "pens"], ["queue", "add"], ["queue", "work"], ["queue", "status"], ["queue", "results"],
        ["queue", "retry"],
    ]

    @Test func everySubcommandHasARun() throws {
        let run = Set((Self.withoutDaemon + Self.withDaemon).map(\.command) + Self.elsewhere)
        let known = Set(try CommandTree.leaves())
        #expect(known.count > 30)
        #expect(known.subtracting(run).sorted { $0.lexicographicallyPrecedes($1) } == [], "add a run of them here")
        #expect(run.subtracting(known).sorted { $0.lexicographicallyPrecedes($1) } == [], "they are no more")
    }

    @Test func theyRunWithoutADaemon() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "commands-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws {
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        try write("words.txt", (1...14).map { "word \($0)\n" }.joined())
        try write("text.txt", (1...300).map { "the quick brown fox jumps over the lazy dog \($0)\n" }.joined())
        try write("pairs.tsv", (1...9).map { "\($0)\t\(String(repeating: "i", count: $0))\n" }.joined())
        try write("numbers.txt", "5\n")
        try write("small.json", #"{"hidden": 8}"#)
        try write(
            "recipe.json",
            """
            {"layers": [{"kind": "convolution1D", "in": 9, "out": 8, "kernel": 4, "stride": 2, "activation": "silu"},
             {"kind": "recurrent", "cell": "lstm", "in": 8, "hidden": 8, "bidirectional": true}],
             "optimization": {"epochs": 1}}
            """)
        for run in Self.withoutDaemon {
            let arguments = run.arguments.map { $0.replacing("$F", with: folder.path) }
            check(run, try ChildProgram.ductus(run.command + arguments).finish())
        }
        #expect(FileManager.default.fileExists(atPath: folder.path + "/ink.svg"))
    }

    @Test func theyRunAgainstADaemon() throws {
        let daemon = try DaemonUnderTest(
            model: URL(filePath: Self.english),
            pipelines: "  - {name: sensor, input: features, model: \"\(Self.movement)\"}\n",
            settings: ["http.address=127.0.0.1:0"])
        #expect(try daemon.comesTo { $0.ready })
        for arguments in [
            [
                "synthesize", "the quick brown fox", "--seed", "3", "--stream", "desk", "--out",
                "\(daemon.folder)/pen.fixture",
            ],
            [
                "simulate", "--recordings", "1", "--seconds", "10", "--rate", "50", "--out",
                "\(daemon.folder)/sensor.ndjson",
            ],
        ] {
            let (status, output) = try ChildProgram.ductus(arguments).finish()
            try #require(status == 0, "\(output)")
        }
        var segment = ""
        for run in Self.withDaemon {
            let arguments = run.arguments.map {
                $0.replacing("$F", with: daemon.folder).replacing("$S", with: segment)
            }
            check(run, try ChildProgram.ductus(run.command + arguments + ["--connect", daemon.folder]).finish())
            // Whoever comes later is told of the last final.
            if run.command == ["replay"] { segment = try segmentOfTheFinal(daemon) }
        }
    }

    @Test(arguments: ["ductus", "ductusd"]) func theProgramsTellTheirVersion(name: String) throws {
        let program = try #require(DaemonUnderTest.program(name), "\(name) is not built")
        let (status, output) = try ChildProgram.run(program, ["--version"])
        #expect(status == 0 && output == "\(Release.version)\n", "\(name): \(output)")
    }

    private func check(_ run: Run, _ outcome: (status: Int32, output: String)) {
        let name = "ductus " + run.command.joined(separator: " ")
        #expect(outcome.status == 0, "\(name): \(outcome.output)")
        #expect(run.says.isEmpty || outcome.output.contains(run.says), "\(name): \(outcome.output)")
    }

    private func segmentOfTheFinal(_ daemon: DaemonUnderTest) throws -> String {
        let watch = try daemon.start("watch", "desk", "--json")
        let line = try #require(watch.firstLine { $0.contains("\"state\":\"final\"") }, "watch shows no final")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        return "\(try #require(object["segment"] as? UInt64))"
    }
}
