/// What a sequence should have been read as.
public enum Target: Sendable, Hashable {
    /// Its labels in order, without blanks (class 0), for connectionist temporal classification.
    case ctc([Int32])
    /// A label for each **output** frame, −1 where a frame does not count.
    case frames([Int32])

    /// The label of frames that do not count.
    public static let ignored: Int32 = -1

    /// Labels that count.
    public var labelCount: Int {
        switch self {
        case .ctc(let labels): labels.count
        case .frames(let labels): labels.reduce(0) { $0 + ($1 == Self.ignored ? 0 : 1) }
        }
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
    /// The divergence between the views of each sequence, in nats, summed; 0 where there are no views.
    public var consistency = 0.0
    /// Labels that count, of the sequences that do.
    public var labels = 0
    /// Frames of input.
    public var frames = 0
    /// Each sequence's loss in nats; 0 where it does not count.
    public var perSequence: [Float] = []
    /// Sequences whose labels need more output frames than there are: they add neither loss nor gradient.
    public var unfit: [Int] = []
    /// Sequences whose loss is no finite number, because the weights have exploded: they add neither loss nor gradient.
    public var nonFinite: [Int] = []
}
