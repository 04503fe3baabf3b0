import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation

/// Trains a recurrent language model: truncated backpropagation through time over endless text, its state carried from step to step.
///
/// Deterministic for a recipe, a text and a number of threads; `resume()` continues exactly where the last checkpoint was written.
public final class LanguageModelRun {
    /// The progress of the run, for a progress bar.
    public struct Progress: Sendable {
        /// The present step, and how many there will be.
        public var step, steps: Int
        /// Bits per character, averaged over the last hundred steps or so, weights as they are.
        public var bits: Double
        /// Bits per character of the averaged weights on the text kept out; nil before the first measurement.
        public var heldOutBits: Double?
        /// Speed since the start.
        public var charactersPerSecond: Double
        /// Seconds until the end of the run, estimated.
        public var secondsLeft: Double
    }

    /// One measurement of the averaged weights.
    public struct Record: Sendable, Codable, Equatable {
        /// Steps so far.
        public var step: Int
        /// Characters of text so far.
        public var characters: Int
        /// On the training text, weights as they are.
        public var bits: Double
        /// On the text kept out, averaged weights.
        public var heldOutBits: Double
        /// The learning rate of the last step.
        public var learningRate: Float
        /// Time since the start.
        public var seconds: Double
    }

    /// The recipe that the run follows.
    public let recipe: LanguageModelRecipe
    public let architecture: Architecture
    /// The measurements so far.
    public private(set) var history: [Record] = []
    private let stream: [LanguageSymbol]
    private let checkpoint: URL?
    private let backpropagation: Backpropagation
    private var optimizer: AdamW
    private var average: MovingAverage
    private var step = 0
    private var bits: Double?

    /// - Parameters:
    ///   - corpus: the text to learn from. Its alphabet must be the recipe's.
    ///   - checkpoint: the file of the run's state; nil: none is kept.
    public init(recipe: LanguageModelRecipe, corpus: TextCorpus, threads: Int, checkpoint: URL?) throws {
        guard corpus.symbols == recipe.alphabet.symbols, corpus.characterCount > 0 else {
            throw LanguageModelFault.noText
        }
        self.recipe = recipe
        self.checkpoint = checkpoint
        stream = corpus.stream
        guard stream.count > recipe.streams * recipe.truncation else {
            throw LanguageModelFault.tooLittleText(
                found: stream.count, needed: recipe.streams * recipe.truncation + 1)
        }
        architecture = recipe.architecture
        let parameters = try Network(architecture: architecture, seed: recipe.seed).parameters
        let layout = ParameterLayout(architecture)
        backpropagation = try Backpropagation(
            architecture: architecture, parameters: parameters, threads: threads, seed: recipe.seed)
        optimizer = AdamW(
            count: parameters.count, beta2: recipe.beta2, weightDecay: recipe.weightDecay, decay: .weights(layout))
        average = MovingAverage(decay: recipe.averageDecay, parameters: parameters)
    }

    /// Begins with the weights of a model that was trained before, instead of random ones.
    ///
    /// - Throws: `TrainingError.checkpointOfAnotherRun` where its layers or its alphabet are not the recipe's.
    public func begin(with model: RecurrentLanguageModel, path: String) throws {
        guard model.network.architecture == architecture, model.alphabet == recipe.alphabet else {
            throw TrainingError.checkpointOfAnotherRun(
                path: path, reason: "its layers or its alphabet are not the recipe's")
        }
        backpropagation.parameters = model.network.parameters
        average = MovingAverage(decay: recipe.averageDecay, parameters: model.network.parameters)
    }

    /// The averaged weights as they stand.
    public var parameters: [Float] { average.average }

    /// Steps done.
    public var stepsDone: Int { step }

    /// Runs to the end.
    ///
    /// - Parameters:
    ///   - measure: gives the bits per character of a network on text kept out; called after each `legsPerMeasurement` legs.
    ///   - onStep: called after each step.
    ///   - onLeg: called once a leg's checkpoint is on disk; returning false ends the run there.
    public func run(
        legsPerMeasurement: Int = 5, measure: (Network) throws -> Double, onStep: (Progress) -> Void = { _ in },
        onLeg: (LanguageModelRun) throws -> Bool = { _ in true }
    ) throws {
        let begin = ContinuousClock.now
        let first = step
        var epoch = -1
        var text = epochText(0)
        let stepsPerEpoch = text.steps
        let template = try Network(architecture: architecture, parameters: parameters)
        let states = (0..<recipe.streams).map { _ in template.makeState() }
        var batch = Batch(dimension: architecture.input)
        while step < recipe.steps {
            if step / stepsPerEpoch != epoch {
                epoch = step / stepsPerEpoch
                text = epochText(epoch)
                states.forEach { $0.reset() }
            }
            if step % recipe.stepsPerLeg == 0 { states.forEach { $0.reset() } }
            try takeStep(text, at: step % stepsPerEpoch, states, &batch)
            let seconds = (ContinuousClock.now - begin).seconds
            onStep(progress(seconds: seconds, since: first))
            guard step % recipe.stepsPerLeg == 0 || step == recipe.steps else { continue }
            if step / recipe.stepsPerLeg % legsPerMeasurement == 0 || step == recipe.steps {
                history.append(
                    Record(
                        step: step, characters: step * recipe.streams * recipe.truncation, bits: bits ?? 0,
                        heldOutBits: try measure(Network(architecture: architecture, parameters: parameters)),
                        learningRate: recipe.rate(at: step - 1), seconds: seconds))
            }
            try writeCheckpoint()
            guard try onLeg(self) else { return }
        }
    }

    private func takeStep(
        _ text: LanguageModelText, at place: Int, _ states: [NetworkState], _ batch: inout Batch
    ) throws {
        batch.removeAll()
        var targets: [Target] = []
        var frames: [Float] = []
        for stream in 0..<recipe.streams {
            let piece = text.piece(stream, step: place)
            frames.removeAll(keepingCapacity: true)
            RecurrentLanguageModel.append(piece.read, to: &frames, width: architecture.input)
            batch.append(frames)
            targets.append(.frames(piece.predicted.map { Int32($0) }))
        }
        let windows = states.map { Window(state: $0, chunk: recipe.truncation, isEnd: false) }
        let report = try backpropagation.computeGradient(
            of: batch, targets: targets, reduction: .perLabel, step: step, windows: windows)
        guard report.loss.isFinite else { throw TrainingError.diverged(epoch: 1, step: step + 1) }
        GradientNorms.clip(&backpropagation.gradient, toNorm: recipe.gradientNorm)
        optimizer.update(
            &backpropagation.parameters, gradient: backpropagation.gradient, learningRate: recipe.rate(at: step),
            mask: nil)
        average.update(backpropagation.parameters)
        let now = report.loss / log(2.0)
        bits = bits.map { 0.99 * $0 + 0.01 * now } ?? now
        step += 1
    }

    private func progress(seconds: Double, since first: Int) -> Progress {
        let perStep = seconds / Double(max(1, step - first))
        return Progress(
            step: step, steps: recipe.steps, bits: bits ?? 0, heldOutBits: history.last?.heldOutBits,
            charactersPerSecond: Double(recipe.streams * recipe.truncation) / perStep,
            secondsLeft: perStep * Double(recipe.steps - step))
    }

    private func epochText(_ epoch: Int) -> LanguageModelText {
        var random = SplitMix64(seed: recipe.seed).split(epoch)
        return LanguageModelText(
            stream, streams: recipe.streams, truncation: recipe.truncation, using: &random)
    }
}

extension LanguageModelRun {
    private struct Saved: Codable {
        var step, averageSteps: Int
        var bits: Double?
        var history: [Record]
        var recipe: LanguageModelRecipe
    }

    private static let key = "ductus.training"

    private func writeCheckpoint() throws {
        guard let checkpoint else { return }
        let saved = Saved(step: step, averageSteps: average.steps, bits: bits, history: history, recipe: recipe)
        var extras = optimizer.tensors()
        extras["average"] = Tensor(average.average)
        let json = String(decoding: try JSONEncoder().encode(saved), as: UTF8.self)
        try RecurrentLanguageModel.weightFile(
            architecture: architecture, parameters: backpropagation.parameters, alphabet: recipe.alphabet,
            extras: extras, metadata: [Self.key: json]
        ).write(to: checkpoint)
    }

    /// Takes up the checkpoint, if there is one. The number of characters alone may differ from its recipe's.
    ///
    /// - Returns: whether there was one.
    /// - Throws: `TrainingError.checkpointOfAnotherRun`, or what is wrong with the file.
    public func resume() throws -> Bool {
        guard let checkpoint, FileManager.default.fileExists(atPath: checkpoint.path) else { return false }
        let (file, saved) = try Self.read(checkpoint)
        var theirs = saved.recipe
        theirs.characters = recipe.characters
        guard theirs == recipe, file.architecture == architecture else {
            throw TrainingError.checkpointOfAnotherRun(path: checkpoint.path, reason: "it is of another recipe")
        }
        try optimizer.restore(file.extras)
        average = MovingAverage(
            decay: recipe.averageDecay, parameters: try Self.average(of: file, at: checkpoint),
            steps: saved.averageSteps)
        backpropagation.parameters = file.parameters
        (step, bits, history) = (saved.step, saved.bits, saved.history)
        return true
    }

    /// Writes the averaged weights of a checkpoint as a language model: 16 bits per weight.
    ///
    /// - Returns: steps that the checkpoint has behind it.
    @discardableResult
    public static func export(checkpoint: URL, to url: URL) throws -> Int {
        let (file, saved) = try read(checkpoint)
        try RecurrentLanguageModel.weightFile(
            architecture: file.architecture, parameters: average(of: file, at: checkpoint),
            alphabet: saved.recipe.alphabet
        ).write(to: url, storage: .f16)
        return saved.step
    }

    private static func read(_ checkpoint: URL) throws -> (WeightFile, Saved) {
        let file = try WeightFile(contentsOf: checkpoint)
        guard let json = file.metadata[key], let saved = try? JSONDecoder().decode(Saved.self, from: Data(json.utf8))
        else {
            throw TrainingError.checkpointOfAnotherRun(
                path: checkpoint.path, reason: "it holds no training of a language model")
        }
        return (file, saved)
    }

    private static func average(of file: WeightFile, at checkpoint: URL) throws -> [Float] {
        guard let average = file.extras["average"]?.values, average.count == file.parameters.count else {
            throw TrainingError.checkpointOfAnotherRun(path: checkpoint.path, reason: "its average is missing")
        }
        return average
    }
}
