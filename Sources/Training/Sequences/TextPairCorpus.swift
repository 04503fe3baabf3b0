import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition

/// Pairs of texts as examples of a sequence-to-sequence model.
public struct TextPairCorpus: Corpus {
    public let lengths: [Int]
    public let shares: [Float]
    private let sources: [[Float]]
    private let targets: [[Int32]]
    private let isConnectionist: Bool

    public var count: Int { sources.count }

    /// - Throws: `Alphabet.Fault` for a text with symbols that its alphabet lacks.
    public init(
        _ pairs: [TextPair], source: Alphabet, target: Alphabet, isConnectionist: Bool
    ) throws {
        sources = try pairs.map { try source.encode($0.source).map(Float.init) }
        targets = try pairs.map { try target.encode($0.target).map(Int32.init) }
        lengths = zip(sources, targets).map { $0.count + $1.count }
        shares = [Float](repeating: 1, count: pairs.count)
        self.isConnectionist = isConnectionist
    }

    public func example(_ index: Int, augmentedBy random: SplitMix64?) -> TrainingExample {
        .sequence(sources[index], writing: targets[index], connectionist: isConnectionist)
    }
}
