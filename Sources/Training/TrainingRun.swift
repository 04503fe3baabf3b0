import DuctusFoundations
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation

/// Finds the weights of a network: epochs of steps over a corpus, validation, checkpoints, early stopping.
///
/// Deterministic for a recipe, a corpus and a number of threads; `resume()` continues exactly where the last checkpoint was
/// written.
public final class TrainingRun {
    /// The progress of the run, for a progress bar.
    public struct Progress: Sendable {
        public var epoch, epochs: Int
        /// The step of the epoch, and how many it has.
        public var step, steps: Int
        /// Mean loss per label of the epoch so far.
        public var loss: Double
        /// The last validation error, as a fraction; nil before the first.
        public var error: Double?
        /// Feature vectors a second since the start.
        public var framesPerSecond: Double
        /// Seconds until the end of the run, estimated without validation.
        public var secondsLeft: Double
    }

    /// Gives each validation set's error of a network, as a fraction.
    public typealias Validation = (Network) throws -> [String: Double]

    /// The recipe that the run follows.
    public let recipe: Recipe
    public let architecture: Architecture
    private let corpus: any Corpus
    private let threads: Int
    private let collective: any Collective
    /// Steps that each rank does by itself before all take the mean of their weights; 1: every step is all ranks' together.
    private let averageEvery: Int
    private let checkpoint: URL?
    private let backpropagation: Backpropagation
    private let schedule: LearningRateSchedule
    private let exampleLengths: [Int]
    private let scheduledSampling: ScheduledSampling?
    private var state: TrainingState
    /// Seconds between checkpoints within an epoch.
    private let checkpointInterval = 240.0

    /// A run of a recipe whose layers lead to so many classes.
    public convenience init(
        recipe: Recipe, classes: Int, corpus: any Corpus, start: Network? = nil, threads: Int, shards: Int? = nil,
        collective: any Collective = Alone(), averageEvery: Int = 1, checkpoint: URL?
    ) throws {
        try self.init(
            recipe: recipe, architecture: recipe.architecture(classes: classes), corpus: corpus, start: start,
            threads: threads, shards: shards, collective: collective, averageEvery: averageEvery,
            checkpoint: checkpoint)
    }

    /// - Parameters:
    ///   - start: the network whose weights the run begins with, of the same architecture; nil draws them at random.
    ///   - shards: the number of parts that this rank's part of a batch is divided into; nil: one for each thread.
    ///   - collective: the ranks that train together, each with the same recipe and corpus. A step's batch is as large as that of so many
    ///     recipes; rank 0 measures and writes.
    ///   - averageEvery: steps that each rank does by itself before all take the mean of their weights, for slow networks.
    ///   - checkpoint: the file of the run's state; nil: none is kept.
    public init(
        recipe: Recipe, architecture: Architecture, corpus: any Corpus, start: Network? = nil, threads: Int,
        shards: Int? = nil, collective: any Collective = Alone(), averageEvery: Int = 1, checkpoint: URL?
    ) throws {
        self.collective = collective
        self.averageEvery = max(1, averageEvery)
        self.recipe = recipe
        self.corpus = corpus
        self.threads = threads
        self.checkpoint = checkpoint
        self.architecture = architecture
        scheduledSampling = recipe.sequence.flatMap {
            $0.scheduledSampling > 0 ? ScheduledSampling(highestShare: $0.scheduledSampling) : nil
        }
        exampleLengths = corpus.lengths
        let settings = recipe.optimization
        let parameters = try start?.parameters ?? Network(architecture: architecture, seed: settings.seed).parameters
        if let start, ParameterLayout(start.architecture) != ParameterLayout(architecture) {
            throw TrainingError.startOfAnotherArchitecture
        }
        let layout = ParameterLayout(architecture)
        backpropagation = try Backpropagation(
            architecture: architecture, parameters: parameters, threads: threads, shards: shards, seed: settings.seed,
            collective: collective, isJoined: self.averageEvery == 1)
        let stepsPerEpoch = Self.plan(
            0, recipe: recipe, ranks: collective.count, corpus: corpus, lengths: exampleLengths
        ).batches.count
        schedule = LearningRateSchedule(
            peak: settings.learningRate, warmUp: settings.warmUpSteps, total: stepsPerEpoch * settings.epochs,
            floor: settings.finalRate)
        state = TrainingState(
            parameters: parameters,
            optimizer: AdamW(
                count: parameters.count, beta2: settings.beta2, weightDecay: settings.weightDecay,
                decay: .weights(layout)),
            average: MovingAverage(decay: settings.averageDecay, parameters: parameters), best: parameters)
    }

    /// One record per complete epoch.
    public var history: [EpochRecord] { state.history }
    /// The averaged weights of the epoch with the least validation error.
    public var best: (parameters: [Float], error: Double, epoch: Int) { (state.best, state.bestError, state.bestEpoch) }

    /// Takes up the checkpoint, if there is one.
    ///
    /// - Returns: whether there was one.
    /// - Throws: `TrainingError.checkpointOfAnotherRun`, or what is wrong with the file.
    public func resume() throws -> Bool {
        guard let checkpoint, FileManager.default.fileExists(atPath: checkpoint.path) else { return false }
        try state.restore(from: checkpoint, architecture: architecture, recipe: recipe)
        backpropagation.parameters = state.parameters
        return true
    }

    /// Runs to the end, or until the error has not fallen for `patience` epochs.
    ///
    /// - Parameters:
    ///   - validation: called after each epoch with the averaged weights.
    ///   - onStep: called after each step.
    ///   - onEpoch: called after each validation; the checkpoint is on disk by then.
    public func run(
        validation: Validation, onStep: (Progress) -> Void = { _ in }, onEpoch: (EpochRecord) throws -> Void = { _ in }
    ) throws {
        let settings = recipe.optimization
        while state.epoch < settings.epochs, state.epoch - state.bestEpoch < settings.patience {
            var record = try runEpoch(onStep: onStep)
            record.errors = try errors(validation)
            state.history.append(record)
            state.epoch += 1
            state.stepInEpoch = 0
            (state.lossSum, state.lossLabels) = (0, 0)
            if record.error < state.bestError {
                (state.bestError, state.bestEpoch, state.best) = (record.error, state.epoch, state.average.average)
            }
            try writeCheckpoint()
            try onEpoch(record)
        }
    }

    /// All ranks use the errors that rank 0 measures, so that they stop together.
    private func errors(_ validation: Validation) throws -> [String: Double] {
        let measured =
            collective.rank == 0
            ? try validation(Network(architecture: architecture, parameters: state.average.average)) : [:]
        guard collective.count > 1 else { return measured }
        let told = try collective.broadcast([UInt8](JSONEncoder().encode(measured)))
        return try JSONDecoder().decode([String: Double].self, from: Data(told))
    }

    /// All ranks go on with the mean of their weights and of what the optimizer knows.
    private func takeMeans() throws {
        guard averageEvery > 1, collective.count > 1 else { return }
        var values = backpropagation.parameters
        // Its count of steps is the same everywhere.
        let counted = values.count
        let tensors = state.optimizer.tensors().filter { $0.value.values.count == counted }.sorted { $0.key < $1.key }
        for (_, tensor) in tensors { values += tensor.values }
        try collective.sum(&values)
        let scale = 1 / Float(collective.count)
        for index in values.indices { values[index] *= scale }
        var place = backpropagation.parameters.count
        backpropagation.parameters = Array(values[..<place])
        var means = state.optimizer.tensors()
        for (name, tensor) in tensors {
            means[name] = Tensor(
                shape: tensor.shape, values: Array(values[place..<place + tensor.values.count]))
            place += tensor.values.count
        }
        try state.optimizer.restore(means)
    }

    /// Losses of the steps that each rank did by itself, of all ranks.
    private func joinLosses(_ own: (sum: Double, labels: Int)) throws -> (sum: Double, labels: Int) {
        guard averageEvery > 1, collective.count > 1 else { return own }
        let told = try collective.gather([UInt8](JSONEncoder().encode([own.sum, Double(own.labels)])))
        return try told.reduce(into: (0.0, 0)) { total, bytes in
            let pair = try JSONDecoder().decode([Double].self, from: Data(bytes))
            total.0 += pair[0]
            total.1 += Int(pair[1])
        }
    }

    private func runEpoch(onStep: (Progress) -> Void) throws -> EpochRecord {
        let plan = Self.plan(
            state.epoch, recipe: recipe, ranks: collective.count, corpus: corpus, lengths: exampleLengths)
        var own = (sum: 0.0, labels: 0)
        let start = ContinuousClock.now
        var saved = start
        var frames = 0
        var norms = GradientNorms([], ParameterLayout(Architecture(input: 1, layers: [])))
        let layout = backpropagation.layout
        let firstStep = state.stepInEpoch
        for index in firstStep..<max(firstStep, plan.batches.count) {
            let batch = try prepare(plan.batches[index])
            let report = try backpropagation.computeGradient(
                of: batch.frames, losses: batch.losses, reduction: .perLabel, heads: batch.heads, others: batch.others,
                step: state.step, consistency: recipe.optimization.consistency)
            guard report.loss.isFinite else { throw TrainingError.diverged(epoch: state.epoch + 1, step: index + 1) }
            if index == plan.batches.count - 1 { norms = GradientNorms(backpropagation.gradient, layout) }
            GradientNorms.clip(&backpropagation.gradient, toNorm: recipe.optimization.gradientNorm)
            state.optimizer.update(
                &backpropagation.parameters, gradient: backpropagation.gradient,
                learningRate: schedule.rate(at: state.step), mask: nil)
            state.step += 1
            state.stepInEpoch = index + 1
            own.sum += report.sum
            own.labels += report.labels
            // At the end of an epoch all agree, whatever the count.
            let isShared = state.step % averageEvery == 0 || index == plan.batches.count - 1
            if isShared {
                try takeMeans()
                state.average.update(backpropagation.parameters)
                let all = try joinLosses(own)
                state.lossSum += all.sum
                state.lossLabels += all.labels
                own = (0, 0)
            }
            frames += batch.frames.frameCount

            let now = ContinuousClock.now
            let seconds = (now - start).seconds
            let perStep = seconds / Double(index + 1 - firstStep)
            let left =
                plan.batches.count - index - 1 + plan.batches.count * (recipe.optimization.epochs - state.epoch - 1)
            onStep(
                Progress(
                    epoch: state.epoch + 1, epochs: recipe.optimization.epochs, step: index + 1,
                    steps: plan.batches.count, loss: state.lossSum / Double(max(1, state.lossLabels)),
                    error: state.history.last?.error, framesPerSecond: Double(frames) / seconds,
                    secondsLeft: perStep * Double(left)))
            if isShared, (now - saved).seconds > checkpointInterval {
                try writeCheckpoint()
                saved = now
            }
        }
        return EpochRecord(
            epoch: state.epoch + 1, loss: state.lossSum / Double(max(1, state.lossLabels)), errors: [:],
            learningRate: schedule.rate(at: max(0, state.step - 1)), gradientNorm: norms.total,
            gradientNorms: norms.layers, frames: frames, seconds: (ContinuousClock.now - start).seconds)
    }

    private func writeCheckpoint() throws {
        guard let checkpoint, collective.rank == 0 else { return }
        state.parameters = backpropagation.parameters
        try state.write(to: checkpoint, architecture: architecture, recipe: recipe)
    }

    /// The steps of an epoch: which examples are drawn, and how they are put together.
    private static func plan(
        _ epoch: Int, recipe: Recipe, ranks: Int, corpus: any Corpus, lengths: [Int]
    ) -> BatchPlan {
        var random = SplitMix64(seed: recipe.optimization.seed).split(epoch)
        let chosen = corpus.draw(using: &random)
        return BatchPlan(
            lengths: lengths, chosen: chosen,
            framesPerBatch: ranks * recipe.optimization.framesPerBatch / (recipe.optimization.consistency > 0 ? 2 : 1),
            using: &random)
    }

    /// The batch of a step, with its targets.
    private struct StepBatch {
        var frames: Batch
        var others: [Batch]
        var losses: [any Loss]
        var heads: [HeadLosses]
    }

    private func loss(of example: TrainingExample) -> any Loss {
        if let sequence = recipe.sequence { return sequence.loss(of: example.target) }
        let (loss, amount) = (example.target(of: architecture).loss, recipe.optimization.labelSmoothing)
        return amount > 0 ? SmoothedLoss(loss, amount: amount) : loss
    }

    /// Makes a step's examples, on all threads. Each is changed at random by its own generator, so threads change nothing.
    private func prepare(_ indexes: [Int]) throws -> StepBatch {
        let random = SplitMix64(seed: recipe.optimization.seed &+ 1).split(state.epoch)
        let corpus = corpus
        let inViews = recipe.optimization.consistency > 0
        let examples = parallelMap(indexes, threads: threads) { index in
            inViews
                ? corpus.views(index, augmentedBy: random.split(index))
                : [corpus.example(index, augmentedBy: random.split(index))]
        }.flatMap { $0 }
        var batch = StepBatch(
            frames: Batch(dimension: architecture.input), others: architecture.otherInputs.map { Batch(dimension: $0) },
            losses: examples.map(loss), heads: [])
        for example in examples {
            batch.frames.append(example.frames)
            for (number, frames) in example.others.enumerated() { batch.others[number].append(frames) }
        }
        for head in architecture.heads {
            let losses = examples.compactMap { $0.heads[head.name]?.loss }
            guard losses.count == examples.count, let weight = recipe.sequence?.connectionist else { continue }
            batch.heads.append(HeadLosses(head: head.name, losses: losses, weight: weight))
        }
        if let scheduledSampling {
            batch.others[0] = try scheduledSampling.shown(
                batch.others[0], for: batch.frames, by: backpropagation.network(),
                progress: Float(state.step) / Float(max(1, schedule.total)),
                using: random.split(state.step))
        }
        return batch
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
