import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusTraining

/// Trains a copy of a model's weights on corrections. A pure function: the same input gives the same weights.
public struct Learner: Sendable {
    /// The amount of training, and its step sizes.
    public var plan: LearningPlan
    /// Threads that train, 1 at least.
    public var threads: Int

    /// A learner on that many threads, 1 at least.
    public init(plan: LearningPlan, threads: Int = 1) {
        self.plan = plan
        self.threads = max(1, threads)
    }

    /// The result of a training.
    public struct Outcome: Sendable {
        /// All weights, in the order of `ParameterLayout`.
        public var parameters: [Float]
        /// Updates of the weights that were made.
        public var steps: Int
        /// Mean loss per label of the last step's corrections.
        public var loss: Double
    }

    /// - Parameters:
    ///   - model: the weights to begin with; they stay as they are.
    ///   - base: the weights to be pulled to.
    ///   - importance: the strength of the pull on each weight; nil: the same for all. With a Fisher diagonal it is
    ///     elastic weight consolidation.
    ///   - segments: corrections, in any order.
    ///   - heldOut: corrections that end the training before it learns by heart; they are never trained on.
    ///   - rehearsal: labelled segments of other origin, against forgetting.
    ///   - pause: called before each step, and while held-out corrections are read. An error that it throws ends the
    ///     training.
    /// - Throws: `LearningError`, `NetworkError`.
    public func train(
        _ model: Model, base: [Float], importance: [Float]? = nil, segments: [LabelledSegment],
        heldOut: [LabelledSegment],
        rehearsal: [LabelledSegment] = [], pause: () throws -> Void = {}
    ) throws -> Outcome {
        let corrected = try model.corpus(of: segments, plan, threads: threads)
        guard corrected.count > 0 else { throw LearningError.nothingToLearn }
        let rehearsed = try model.corpus(of: rehearsal, plan, threads: threads)
        let network = model.network
        let backpropagation = try Backpropagation(
            architecture: network.architecture, parameters: network.parameters, threads: threads, seed: plan.seed,
            instructionSet: network.instructionSet)
        let mask = plan.trained.mask(network.layout, network.architecture)
        let pull = QuadraticPull(base: base, weights: importance, strength: plan.pull)
        var subspace = plan.trained.subspace.map {
            WeightSubspace($0, base: network.parameters, layout: network.layout, seed: plan.seed)
        }
        var optimizer = AdamW(count: subspace?.values.count ?? network.layout.count, beta2: 0.98)
        let extent = plan.extent(of: corrected.lengths)
        let total = extent.steps
        let schedule = LearningRateSchedule(peak: plan.learningRate, warmUp: min(2, total), total: total, floor: 0.05)

        var random = SplitMix64(seed: plan.seed)
        var draw = Draw(count: corrected.count), drawRehearsal = Draw(count: rehearsed.count)
        var best = Best(parameters: network.parameters, loss: try heldOutLoss(network, model, heldOut, pause))
        var loss = 0.0
        for step in 0..<total {
            try pause()
            var batch = Batch(dimension: network.architecture.input)
            var targets: [Target] = []
            let chosen = (0..<extent.linesPerStep).map { _ in (corrected, draw.next(&random)) }
            let others = (0..<(rehearsed.count > 0 ? plan.rehearsal : 0)).map { _ in
                (rehearsed, drawRehearsal.next(&random))
            }
            for (place, (corpus, index)) in (chosen + others).enumerated() {
                let example = corpus.example(index, augmentedBy: random.split(step * 1024 + place))
                batch.append(example.frames)
                targets.append(example.target)
            }
            loss = try backpropagation.computeGradient(of: batch, targets: targets, reduction: .perLabel, step: step)
                .loss
            pull.add(to: &backpropagation.gradient, at: backpropagation.parameters)
            mask.apply(to: &backpropagation.gradient)
            if var reduced = subspace?.gradient(of: backpropagation.gradient), var values = subspace?.values {
                GradientNorms.clip(&reduced, toNorm: plan.gradientNorm)
                optimizer.update(&values, gradient: reduced, learningRate: schedule.rate(at: step), mask: nil)
                subspace?.values = values
                backpropagation.parameters = subspace?.weights ?? backpropagation.parameters
            } else {
                GradientNorms.clip(&backpropagation.gradient, toNorm: plan.gradientNorm)
                optimizer.update(
                    &backpropagation.parameters, gradient: backpropagation.gradient,
                    learningRate: schedule.rate(at: step),
                    mask: mask)
            }
            guard (step + 1) % extent.perEpoch == 0 || step + 1 == total, !heldOut.isEmpty else { continue }
            let held = try heldOutLoss(try backpropagation.network(), model, heldOut, pause)
            if best.consider(backpropagation.parameters, loss: held) >= plan.patience, step >= plan.steps.lowerBound {
                return Outcome(parameters: best.parameters, steps: step + 1, loss: loss)
            }
        }
        return Outcome(
            parameters: heldOut.isEmpty ? backpropagation.parameters : best.parameters, steps: total, loss: loss)
    }

    private func heldOutLoss(
        _ network: Network, _ model: Model, _ segments: [LabelledSegment], _ pause: () throws -> Void
    ) throws -> Double {
        try ReadingFigures.of(model.with(network: network), on: segments, threads: threads, pause: pause).loss
    }

    /// The weights with the least loss so far.
    private struct Best {
        var parameters: [Float]
        var loss: Double
        private var misses = 0

        init(parameters: [Float], loss: Double) {
            self.parameters = parameters
            self.loss = loss
        }

        /// - Returns: how many times in a row there was nothing better.
        mutating func consider(_ candidate: [Float], loss: Double) -> Int {
            guard loss < self.loss else {
                misses += 1
                return misses
            }
            (parameters, self.loss, misses) = (candidate, loss, 0)
            return 0
        }
    }

    /// Draws all indexes once, in random order, before any of them again.
    private struct Draw {
        let count: Int
        private var waiting: [Int] = []

        init(count: Int) { self.count = count }

        mutating func next(_ random: inout SplitMix64) -> Int {
            if waiting.isEmpty { waiting = Array(0..<count).shuffled(using: &random) }
            return waiting.removeLast()
        }
    }
}

/// The reasons for which a training gives nothing.
public enum LearningError: Error, Equatable, CustomStringConvertible {
    case nothingToLearn
    case cancelled

    public var description: String {
        switch self {
        case .nothingToLearn: "no correction has something to read and a text that the model can write"
        case .cancelled: "the training was ended before it was done"
        }
    }
}
