import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusTraining
import Foundation
import Testing

@Suite struct TrainingRunTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID())")

    private func recipe(epochs: Int) -> Recipe {
        var recipe = Recipe()
        recipe.input = .vectors(VectorConfiguration(channels: ["level"], rate: 10))
        recipe.layers = [.recurrent(.init(cell: .lstm, in: 1, hidden: 8, dropout: 0.1))]
        recipe.optimization.epochs = epochs
        recipe.optimization.framesPerBatch = 128
        recipe.optimization.learningRate = 0.02
        recipe.optimization.warmUpSteps = 10
        recipe.optimization.averageDecay = 0.8
        return recipe
    }

    private func run(epochs: Int, threads: Int = 2, checkpoint: URL? = nil) throws -> TrainingRun {
        try TrainingRun(
            recipe: recipe(epochs: epochs), classes: 3, corpus: ToyCorpus(shareOfOddLines: 0.5), threads: threads,
            checkpoint: checkpoint)
    }

    @Test func learnsToSpell() throws {
        let run = try run(epochs: 25)
        try run.run(validation: { _ in [:] })
        let losses = run.history.map(\.loss)
        #expect(losses.count == 25)
        #expect(losses.last! < 0.25 * losses.first!)
        #expect(run.history.allSatisfy { $0.gradientNorms.count == 3 && $0.gradientNorm > 0 })
    }

    @Test func whatNoInputReachesDoesNotMatter() throws {
        let architecture = Architecture(
            input: 1, layers: [.linear(.init(in: 1, out: 4)), .linear(.init(in: 4, out: 3)), .logSoftmax])
        let layout = ParameterLayout(architecture)
        var parameters = try Network(architecture: architecture, seed: 1).parameters
        // The first hidden unit goes nowhere.
        for row in 0..<3 { parameters[layout.tensors[2].offset + 4 * row] = 0 }
        let importance = try FisherDiagonal.importance(
            in: Network(architecture: architecture, parameters: parameters), for: ToyCorpus(shareOfOddLines: 0.5))
        #expect(importance[layout.tensors[0].offset] == 0 && importance[layout.tensors[0].offset + 1] > 0)
        #expect(abs(importance.reduce(0, +) / Float(importance.count) - 1) < 1e-3)
    }

    @Test func theSameSeedAndThreadsGiveTheSameWeights() throws {
        let (first, second) = (try run(epochs: 2), try run(epochs: 2))
        try first.run(validation: { _ in [:] })
        try second.run(validation: { _ in [:] })
        #expect(first.best.parameters == second.best.parameters)
    }

    @Test func aResumedRunGivesWhatAnUninterruptedOneGives() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let checkpoint = folder.appending(path: "checkpoint.safetensors")
        struct Stop: Error {}

        let whole = try run(epochs: 4)
        try whole.run(validation: { _ in [:] })

        let interrupted = try run(epochs: 4, checkpoint: checkpoint)
        #expect(throws: Stop.self) {
            try interrupted.run(validation: { _ in [:] }, onEpoch: { if $0.epoch == 2 { throw Stop() } })
        }
        let resumed = try run(epochs: 4, checkpoint: checkpoint)
        #expect(try resumed.resume())
        try resumed.run(validation: { _ in [:] })

        #expect(resumed.best.parameters == whole.best.parameters)
        #expect(resumed.history.map(\.loss) == whole.history.map(\.loss))
    }

    @Test func aCheckpointOfAnotherRecipeIsRefused() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let checkpoint = folder.appending(path: "checkpoint.safetensors")
        try run(epochs: 1, checkpoint: checkpoint).run(validation: { _ in [:] })

        var other = recipe(epochs: 1)
        other.optimization.learningRate = 0.5
        let run = try TrainingRun(
            recipe: other, classes: 3, corpus: ToyCorpus(shareOfOddLines: 0.5), threads: 1, checkpoint: checkpoint)
        #expect(throws: TrainingError.self) { try run.resume() }
    }

    @Test func stopsWhenTheErrorNoLongerFalls() throws {
        var patient = recipe(epochs: 50)
        patient.optimization.patience = 3
        let run = try TrainingRun(
            recipe: patient, classes: 3, corpus: ToyCorpus(shareOfOddLines: 0.5), threads: 1, checkpoint: nil)
        try run.run(validation: { _ in ["constant": 0.5] })
        #expect(run.history.count == 4)
        #expect(run.best.epoch == 1)
    }
}
