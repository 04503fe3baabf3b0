/// The target of a sequence, as corpora and corrections give it. Any other loss is an `any Loss`.
public enum Target: Sendable, Hashable {
    /// The labels in order, without blanks (class 0), for connectionist temporal classification.
    case ctc([Int32])
    /// A label for each **output** frame, −1 where a frame does not count.
    case frames([Int32])

    /// The label of frames that do not count.
    public static let ignored: Int32 = -1

    /// The loss that compares an output with the target.
    public var loss: any Loss {
        switch self {
        case .ctc(let labels): ConnectionistTarget(labels: labels)
        case .frames(let labels): FrameTarget(labels: labels)
        }
    }

    /// Labels that count.
    public var labelCount: Int { loss.labelCount }
}

/// The losses at a head beside the last layer, and how much they count.
public struct HeadLosses: Sendable {
    /// The head's name in the architecture.
    public var head: String
    /// One for each sequence of the batch.
    public var losses: [any Loss]
    /// The factor of this head's losses.
    public var weight: Float

    /// The losses of one head: `head` is its name, `weight` the factor of their sum.
    public init(head: String, losses: [any Loss], weight: Float) {
        self.head = head
        self.losses = losses
        self.weight = weight
    }
}

/// The reduction of a batch's losses to one number.
public enum Reduction: String, Codable, Sendable, CaseIterable {
    /// The sum of the losses.
    case sum
    /// The sum of the losses over the number of labels in the batch.
    case perLabel
    /// The mean over sequences of each one's loss per label: PyTorch's "mean" of its CTC loss.
    case perSequence
}

/// The loss of a batch, with its counts.
public struct LossReport: Sendable, Equatable {
    /// Reduced as asked.
    public var loss = 0.0
    /// The sum of the losses, in nats.
    public var sum = 0.0
    /// The divergence between the views of each sequence, in nats, summed; 0 where there are no views.
    public var consistency = 0.0
    /// Labels that count, of the sequences that do.
    public var labels = 0
    /// Frames of input.
    public var frames = 0
    /// Each sequence's loss in nats; 0 where it does not count.
    public var perSequence: [Float] = []
    /// The sum of the losses of each head beside the last layer, in nats, by its name.
    public var heads: [String: Double] = [:]
    /// Sequences whose labels need more output frames than there are: they add neither loss nor gradient.
    public var unfit: [Int] = []
    /// Sequences whose loss is no finite number, because the weights have exploded: they add neither loss nor gradient.
    public var nonFinite: [Int] = []
}
