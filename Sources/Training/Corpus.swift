import DuctusNetwork
import DuctusRandomness

/// One example ready for a network.
public struct TrainingExample: Sendable {
    /// Standardized frames, row-major.
    public var frames: [Float]
    /// The target of the frames.
    public var target: Target
    /// The frames of the network's inputs beside the main one.
    public var others: [[Float]]
    /// Targets of heads beside the last layer, by their names.
    public var heads: [String: Target]

    /// An example.
    ///
    /// - Parameters:
    ///   - frames: the main input, row-major.
    ///   - others: each further input, row-major.
    ///   - heads: the targets of further heads, by name.
    public init(frames: [Float], target: Target, others: [[Float]] = [], heads: [String: Target] = [:]) {
        self.frames = frames
        self.target = target
        self.others = others
        self.heads = heads
    }

    /// The target at the frames that a network gives: one that halves its frames and doubles them again gives none for an odd one at the end.
    func target(of architecture: Architecture) -> Target {
        guard case .frames(let labels) = target, others.isEmpty else { return target }
        return .frames(Array(labels.prefix(architecture.outputLength(for: frames.count / architecture.input))))
    }
}

/// Labelled data that a network can be trained on, whatever they are made of.
public protocol Corpus: Sendable {
    /// Number of examples.
    var count: Int { get }
    /// Frames of each example, as far as they can be told without making them.
    var lengths: [Int] { get }
    /// The probability that each example is drawn in an epoch, 0…1.
    var shares: [Float] { get }
    /// An example's frames and target, changed at random where `random` is given.
    func example(_ index: Int, augmentedBy random: SplitMix64?) -> TrainingExample
    /// Two views of an example with the same frames in the same places, masked differently.
    func views(_ index: Int, augmentedBy random: SplitMix64) -> [TrainingExample]
}

extension Corpus {
    /// The examples that an epoch draws, each by its share.
    func draw(using random: inout SplitMix64) -> [Int] {
        let shares = shares
        return (0..<count).filter { shares[$0] >= 1 || random.uniform() < shares[$0] }
    }

    /// Views that differ by the network's dropout alone.
    public func views(_ index: Int, augmentedBy random: SplitMix64) -> [TrainingExample] {
        let example = example(index, augmentedBy: random)
        return [example, example]
    }
}
