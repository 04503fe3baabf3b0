import DuctusNetwork
import DuctusRandomness
import DuctusRecognition

/// Lines of ink as examples of a sequence-to-sequence model.
public struct WrittenInkCorpus: Corpus {
    private let lines: InkCorpus
    private let isConnectionist: Bool

    public var count: Int { lines.count }
    public var lengths: [Int] { lines.lengths }
    public var shares: [Float] { lines.shares }

    /// The examples of `lines`. `isConnectionist` says whether the encoder has a connectionist head, too, which needs
    /// targets of its own.
    public init(_ lines: InkCorpus, isConnectionist: Bool) {
        self.lines = lines
        self.isConnectionist = isConnectionist
    }

    public func example(_ index: Int, augmentedBy random: SplitMix64?) -> TrainingExample {
        let example = lines.example(index, augmentedBy: random)
        guard case .ctc(let labels) = example.target else { return example }
        return .sequence(example.frames, writing: labels, connectionist: isConnectionist)
    }
}
