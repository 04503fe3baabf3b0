import DuctusNetwork
import DuctusTraining

/// The hyperparameters of training on corrections. The values are those that `docs/adaptation.md` compares.
public struct LearningPlan: Sendable, Equatable {
    /// The weights that may change.
    public enum Trained: String, Sendable, CaseIterable {
        case all
        /// The output layer alone.
        case output
        /// The last recurrent layer and the output layer.
        case upper
        /// Every bias, and no matrix.
        case biases
        /// Every bias, and a factor for each unit.
        case gains
        /// Every bias, and a change of rank 4 of every matrix.
        case lowRank = "low-rank"

        func mask(_ layout: ParameterLayout, _ architecture: Architecture) -> ParameterMask {
            switch self {
            case .all, .gains, .lowRank: return .all(layout)
            case .output: return .output(layout)
            case .biases: return ParameterMask(layout) { !$0.isWeight }
            case .upper:
                let last = architecture.layers.lastIndex(where: \.isRecurrent) ?? 0
                return ParameterMask(layout) { $0.layer >= last }
            }
        }

        /// The subspace that is trained in place of the weights themselves; nil: none.
        var subspace: WeightSubspace.Kind? {
            switch self {
            case .gains: .gains
            case .lowRank: .lowRank(4)
            case .all, .output, .upper, .biases: nil
            }
        }
    }

    /// The weights that are trained.
    public var trained = Trained.all
    /// The learning rate of Adam, the same in all steps.
    public var learningRate: Float = 1e-3
    /// Times that every correction is seen, unless `steps` or `frames` ends it before.
    public var epochs = 16
    /// Corrections in a step, at most.
    public var linesPerStep = 8
    /// Feature vectors of a step, where the lines are long.
    public var framesPerStep = 5_000
    /// The least and the largest number of steps. The least makes a single correction take effect; the largest bounds the time of a long training.
    public var steps = 24...64
    /// Feature vectors of a training, where the lines are long or many: a person waits for it.
    public var frames = 90_000
    /// Bound of the gradient's norm: longer ones are shortened to it.
    public var gradientNorm: Float = 3
    /// The strength of the pull of each weight to the base's.
    public var pull: Float = 0.1
    /// Pulls each weight by its importance, where the model knows it: elastic weight consolidation.
    public var isElastic = true
    /// Shares of the change to try, one after the other: the candidate is the serving weights plus this share of the
    /// change. The first that passes the gate is kept.
    public var shares: [Float] = [1, 0.5, 0.25]
    /// Lines of rehearsal in every step, where there are any.
    public var rehearsal = 4
    /// Ends the training when the loss on held-out corrections has risen for so many epochs; the best weights are kept.
    public var patience = 2
    /// Distortions of ink.
    public var augmentation = Augmentation()
    /// Distortions of a sensor's vectors.
    public var vectorAugmentation = VectorAugmentation()
    /// Seed of the order of lines, dropout and augmentation.
    public var seed: UInt64 = 1

    /// The default plan.
    public init() {}

    /// The plan for one writer's own weights, which need not read other hands.
    public static let writer = LearningPlan()

    /// The plan for the shared weights. It stays nearer to the base, and may take longer, because nobody waits.
    public static let shared = {
        var plan = LearningPlan()
        plan.learningRate = 5e-4
        plan.pull = 1
        plan.epochs = 8
        plan.steps = 12...32
        plan.frames = 100_000
        plan.shares = [1, 0.5, 0.25, 0.125]
        return plan
    }()

    /// The plan for one writer's weights, or for those of all.
    public static func plan(for scope: Scope) -> LearningPlan {
        scope == .shared ? shared : writer
    }

    /// The number of lines in a step, and of steps in a training.
    ///
    /// - Parameter lengths: of the corrections, in feature vectors.
    func extent(of lengths: [Int]) -> (linesPerStep: Int, perEpoch: Int, steps: Int) {
        let mean = max(1, lengths.reduce(0, +) / max(1, lengths.count))
        let lines = max(1, min(linesPerStep, framesPerStep / mean, lengths.count))
        let perEpoch = (lengths.count + lines - 1) / lines
        let wanted = min(max(perEpoch * epochs, steps.lowerBound), steps.upperBound)
        return (lines, perEpoch, max(1, min(wanted, frames / (lines * mean))))
    }
}
