import DuctusDecoding
import DuctusDocuments
import DuctusInk
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusTraining
import Foundation
import Testing

@Suite struct SequenceTrainingTests {
    private let workspace = Workspace()
    private let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID())")

    private func recipe(_ change: (inout SequenceSettings) -> Void = { _ in }) -> Recipe {
        var recipe = Recipe()
        recipe.task = .sequenceToSequence
        recipe.layers = [.recurrent(.init(cell: .lstm, in: 16, hidden: 24))]
        var settings = SequenceSettings()
        (settings.embedding, settings.hidden, settings.width, settings.dropout) = (16, 32, 24, 0)
        change(&settings)
        recipe.sequence = settings
        recipe.optimization.epochs = 14
        recipe.optimization.framesPerBatch = 400
        recipe.optimization.learningRate = 0.01
        recipe.optimization.warmUpSteps = 20
        recipe.optimization.averageDecay = 0.98
        return recipe
    }

    /// Words and their letters from the last to the first, without repetition; those of `kept` are in no training.
    private func pairs(_ count: Int, seed: UInt64) -> [TextPair] {
        var random = SplitMix64(seed: seed)
        var words: Set<String> = []
        while words.count < count {
            words.insert(
                String((0..<Int.random(in: 2...5, using: &random)).map { _ in "abcde".randomElement(using: &random)! }))
        }
        return words.sorted().map { TextPair(source: $0, target: String($0.reversed())) }.shuffled(using: &random)
    }

    private func write(_ pairs: some Sequence<TextPair>, _ name: String) throws -> URL {
        let file = folder.appending(path: name)
        try Data(pairs.map { "\($0.source)\t\($0.target)\n" }.joined().utf8).write(to: file)
        return file
    }

    private func inFolder<Value>(_ body: () throws -> Value) throws -> Value {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body()
    }

    private func run(_ recipe: Recipe, _ setup: SequenceSetup, checkpoint: URL? = nil) throws -> TrainingRun {
        try TrainingRun(
            recipe: recipe, architecture: setup.architecture, corpus: setup.corpus, threads: 1, checkpoint: checkpoint)
    }

    @Test func learnsToWriteBackwards() throws {
        try inFolder {
            let all = pairs(900, seed: 3)
            let recipe = recipe()
            let setup = try SequenceSetup(
                try #require(recipe.sequence), recipe: recipe, data: [write(all.dropFirst(100), "train.tsv")],
                validation: [write(all.prefix(100), "val.tsv")], name: "backwards", limit: nil, threads: 1)
            let run = try run(recipe, setup)
            try run.run(validation: { try setup.errors(of: $0) })
            let last = try #require(run.history.last)
            #expect(last.loss < 0.5 * run.history[0].loss)
            // Words that were in no training.
            let unseen = try #require(last.errors["val"])
            #expect(unseen < 0.1)
            let output = TrainingFolder(folder)
            try setup.write(
                Network(architecture: run.architecture, parameters: run.best.parameters), isFinal: true, to: output)
            let model = try SequenceModel(contentsOf: folder)
            let evaluation = try SequenceEvaluation.run(model, on: Array(all.prefix(100)), threads: 1)
            #expect(evaluation.accuracy > 0.9)
            #expect(evaluation.mistakes.count == min(20, evaluation.sequences - evaluation.exact))
        }
    }

    @Test func aResumedRunGivesWhatAnUninterruptedOneGives() throws {
        try inFolder {
            struct Stop: Error {}
            var recipe = recipe { $0.scheduledSampling = 0.5 }
            recipe.optimization.epochs = 3
            let setup = try SequenceSetup(
                try #require(recipe.sequence), recipe: recipe, data: [write(pairs(60, seed: 1), "train.tsv")],
                validation: [], name: "backwards", limit: nil, threads: 1)
            let whole = try run(recipe, setup)
            try whole.run(validation: { _ in [:] })
            let checkpoint = folder.appending(path: "checkpoint.safetensors")
            let interrupted = try run(recipe, setup, checkpoint: checkpoint)
            #expect(throws: Stop.self) {
                try interrupted.run(validation: { _ in [:] }, onEpoch: { if $0.epoch == 2 { throw Stop() } })
            }
            let resumed = try run(recipe, setup, checkpoint: checkpoint)
            #expect(try resumed.resume())
            try resumed.run(validation: { _ in [:] })
            #expect(resumed.best.parameters == whole.best.parameters)
        }
    }

    @Test func scheduledSamplingAndSmoothingChangeWhatIsLearned() throws {
        try inFolder {
            let file = try write(pairs(60, seed: 1), "train.tsv")
            func parameters(_ change: (inout SequenceSettings) -> Void) throws -> [Float] {
                var recipe = recipe(change)
                recipe.optimization.epochs = 2
                let setup = try SequenceSetup(
                    try #require(recipe.sequence), recipe: recipe, data: [file], validation: [], name: "backwards",
                    limit: nil, threads: 1)
                let run = try run(recipe, setup)
                try run.run(validation: { _ in [:] })
                return run.best.parameters
            }
            let plain = try parameters { ($0.scheduledSampling, $0.smoothing) = (0, 0) }
            #expect(try parameters { ($0.scheduledSampling, $0.smoothing) = (0.9, 0) } != plain)
            #expect(try parameters { ($0.scheduledSampling, $0.smoothing) = (0, 0.2) } != plain)
        }
    }

    @Test func inkIsWrittenDownAndReadByTheEncoderAlone() throws {
        try inFolder {
            var recipe = recipe {
                ($0.source, $0.connectionist) = (.ink, 0.5)
            }
            let features = FeatureConfiguration()
            recipe.input = .ink(features)
            recipe.alphabet = try Alphabet(symbols: ["a", "b"])
            recipe.layers = [.recurrent(.init(cell: .lstm, in: features.dimension, hidden: 10))]
            recipe.optimization.epochs = 2
            let lines = (0..<6).map { number in
                let samples = (0..<40).map { index in
                    Sample(x: Float(index), y: Float(index * (number + 3) % 17), time: Int64(index) * 8_000)
                }
                return InkLine(id: "\(number)", text: number % 2 == 0 ? "ab" : "ba", strokes: [Stroke(samples)])
            }
            let file = folder.appending(path: "ink.ndjson")
            try InkFile.write(lines, to: file)
            let setup = try SequenceSetup(
                try #require(recipe.sequence), recipe: recipe, data: [file], validation: [file], name: "written",
                limit: nil, threads: 1)
            let run = try run(recipe, setup)
            try run.run(validation: { try setup.errors(of: $0) })
            #expect(run.history.allSatisfy { $0.errors["ink"] != nil })
            let network = try Network(architecture: run.architecture, parameters: run.best.parameters)
            try setup.write(network, isFinal: true, to: TrainingFolder(folder))

            // The encoder by itself is a model as any other, and says what the head says.
            let alone = try Model(contentsOf: folder)
            let whole = try SequenceModel(contentsOf: folder.appending(path: SequenceModel.attentionFile))
            let frames = try whole.source.frames(of: lines[0].strokes, model: whole.name)
            var (sources, written) = (Batch(dimension: features.dimension), Batch(dimension: 1))
            sources.append(frames)
            written.append([0])
            let head = try whole.network.forward(
                sources, others: [written], heads: [SequenceModel.connectionistHead], workspace: workspace)[0][0]
            let expected = Array(head.values)
            #expect(Array(try alone.network.forward(sources, workspace: workspace)[0].values) == expected)

            let pass = try SecondPass.run(whole, after: alone, weight: 0.5, on: lines, threads: 1)
            #expect(pass.first.sequences == 6 && pass.written.sequences == 6 && pass.ranked.sequences == 6)
            #expect(pass.bestPossible.cer <= pass.first.cer && pass.bestPossible.cer <= pass.ranked.cer)
        }
    }

    @Test(arguments: [
        (#"{"task": "sequence-to-sequence"}"#, "sequence"), (#"{"sequence": {}}"#, "sequence"),
        (#"{"task": "sequence-to-sequence", "sequence": {}, "optimization": {"consistency": 0.2}}"#, "consistency"),
        (#"{"task": "sequence-to-sequence", "sequence": {"layers": 3}}"#, "layers"),
        (#"{"task": "sequence-to-sequence", "sequence": {"search": {"beamWidth": 0}}}"#, "beamWidth"),
        (#"{"output": "conditionalRandomField"}"#, "conditionalRandomField"),
    ])
    func recipesThatMakeNoSenseAreRefused(json: String, key: String) throws {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Recipe.self, from: Data(json.utf8))
        }
        #expect("\(try #require(error))".contains(key))
    }

    @Test func aRecipeReadsBackAsItWasWritten() throws {
        let recipe = recipe { $0.connectionist = 0.3 }
        #expect(try JSONDecoder().decode(Recipe.self, from: JSONEncoder().encode(recipe)) == recipe)
    }
}
