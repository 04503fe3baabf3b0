import DuctusDecoding
import DuctusNetwork
import DuctusRecognition
import DuctusTraining
import Foundation
import Testing

@Suite struct LanguageModelRunTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID())")

    private func recipe(steps: Int) throws -> LanguageModelRecipe {
        var recipe = LanguageModelRecipe()
        recipe.alphabet = try Alphabet(symbols: ["a", "b", "c", " "])
        recipe.hidden = 24
        recipe.streams = 8
        recipe.truncation = 16
        recipe.characters = steps * 8 * 16
        recipe.learningRate = 0.02
        recipe.warmUpSteps = 5
        recipe.averageDecay = 0.8
        recipe.stepsPerLeg = 10
        return recipe
    }

    private func corpus() throws -> TextCorpus {
        var corpus = try TextCorpus(alphabet: Alphabet(symbols: ["a", "b", "c", " "]))
        for _ in 0..<200 { corpus.add("abc abc abc") }
        return corpus
    }

    private func run(steps: Int, checkpoint: URL? = nil) throws -> LanguageModelRun {
        try LanguageModelRun(recipe: recipe(steps: steps), corpus: corpus(), threads: 1, checkpoint: checkpoint)
    }

    @Test func learnsALineByHeart() throws {
        let run = try run(steps: 150)
        try run.run(
            legsPerMeasurement: 5,
            measure: { network in
                try RecurrentLanguageModel(network: network, alphabet: run.recipe.alphabet)
                    .bitsPerCharacter(lines: ["abc abc abc"])
            })
        #expect(run.history.count == 3)
        #expect(run.history.last.map { $0.heldOutBits < 0.3 } == true)
        #expect(run.history.last.map { $0.bits < 1 } == true)
    }

    @Test func aResumedRunGivesWhatAnUninterruptedOneGives() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let whole = try run(steps: 40)
        try whole.run(measure: { _ in 0 })
        let checkpoint = folder.appending(path: "checkpoint.safetensors")
        let first = try run(steps: 40, checkpoint: checkpoint)
        try first.run(measure: { _ in 0 }, onLeg: { $0.stepsDone < 20 })
        #expect(first.stepsDone == 20)
        let second = try run(steps: 40, checkpoint: checkpoint)
        #expect(try second.resume() && second.stepsDone == 20)
        try second.run(measure: { _ in 0 })
        #expect(second.parameters == whole.parameters)

        let exported = folder.appending(path: "language-model.safetensors")
        #expect(try LanguageModelRun.export(checkpoint: checkpoint, to: exported) == 40)
        let model = try RecurrentLanguageModel(contentsOf: exported)
        #expect(model.network.parameters == second.parameters.map { Float(Float16($0)) })
    }

    @Test func aCheckpointOfAnotherRecipeIsRefused() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let checkpoint = folder.appending(path: "checkpoint.safetensors")
        try run(steps: 10, checkpoint: checkpoint).run(measure: { _ in 0 })
        var other = try recipe(steps: 10)
        other.learningRate = 0.01
        let run = try LanguageModelRun(recipe: other, corpus: corpus(), threads: 1, checkpoint: checkpoint)
        let error = #expect(throws: TrainingError.self) { try run.resume() }
        #expect(error?.description.contains(checkpoint.path) == true)
    }

    @Test func tooLittleTextAndAnotherAlphabetAreRefused() throws {
        var little = try TextCorpus(alphabet: Alphabet(symbols: ["a", "b", "c", " "]))
        little.add("abc")
        #expect(throws: LanguageModelFault.tooLittleText(found: 5, needed: 129)) {
            try LanguageModelRun(recipe: recipe(steps: 5), corpus: little, threads: 1, checkpoint: nil)
        }
        let empty = try TextCorpus(alphabet: .printableASCII)
        #expect(throws: LanguageModelFault.self) {
            try LanguageModelRun(recipe: recipe(steps: 5), corpus: empty, threads: 1, checkpoint: nil)
        }
    }

    @Test func badNumbersInARecipeAreRefusedByTheirKey() {
        let json = Data(#"{"hidden": 0}"#.utf8)
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LanguageModelRecipe.self, from: json)
        }
        #expect("\(String(describing: error))".contains("hidden"))
    }
}
