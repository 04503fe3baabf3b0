/// What a sequence should have been read as.
public enum Target: Sendable {
    /// Its labels in order, without blanks (class 0), for connectionist temporal classification.
    case ctc([Int32])
    /// A label for each **output** frame, −1 where a frame does not count.
    case frames([Int32])
    /// Any other loss.
    case loss(any Loss)

    /// The label of frames that do not count.
    public static let ignored: Int32 = -1

    /// How far an output is from it.
    public var loss: any Loss {
        switch self {
        case .ctc(let labels): ConnectionistTarget(labels: labels)
        case .frames(let labels): FrameTarget(labels: labels)
        case .loss(let loss): loss
        }
    }

    /// Labels that count.
    public var labelCount: Int { loss.labelCount }
}

extension Target: Hashable {
    public static func == (a: Target, b: Target) -> Bool {
        switch (a, b) {
        case (.ctc(let a), .ctc(let b)): a == b
        case (.frames(let a), .frames(let b)): a == b
        case (.loss(let a), .loss(let b)): AnyHashable(a) == AnyHashable(b)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        loss.hash(into: &hasher)
    }
}

/// The targets of a head beside the last layer, and how much its loss counts.
public struct HeadTargets: Sendable {
    /// The head's name in the architecture.
    public var head: String
    /// One for each sequence of the batch.
    public var targets: [Target]
    /// The factor of this head's losses.
    public var weight: Float

    public init(head: String, targets: [Target], weight: Float) {
        self.head = head
        self.targets = targets
        self.weight = weight
    }
}

/// How the losses of a batch's sequences become one number.
public enum Reduction: String, Codable, Sendable, CaseIterable {
    /// Their sum.
    case sum
    /// Their sum over the number of labels in the batch.
    case perLabel
    /// The mean over sequences of each one's loss per label: PyTorch's "mean" of its CTC loss.
    case perSequence
}

/// How well a batch was read.
public struct LossReport: Sendable, Equatable {
    /// Reduced as asked.
    public var loss = 0.0
    /// The sum of the losses, in nats.
    public var sum = 0.0
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
