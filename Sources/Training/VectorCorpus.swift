import DuctusDecoding
import DuctusFoundations
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation

/// Random changes of sensor frames, after standardization.
public struct VectorAugmentation: Sendable, Equatable, Codable {
    /// Deviation of noise that is added to every number.
    public var noise: Float = 0.1
    /// Deviation of the logarithm of a gain per number of the vector.
    public var gain: Float = 0.1
    /// Masks in time of a recording (Park et al. 2019).
    public var timeMasks = 2
    /// Feature vectors that one mask hides, at most.
    public var timeMaskLength = 8
    /// Numbers of the vector that are silenced, at most.
    public var silencedNumbers = 2

    public init() {}

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try values.read(.noise, into: &noise, allowed: 0...10)
        try values.read(.gain, into: &gain, allowed: 0...10)
        try values.read(.timeMasks, into: &timeMasks, allowed: 0...10_000)
        try values.read(.timeMaskLength, into: &timeMaskLength, allowed: 0...1_000_000)
        try values.read(.silencedNumbers, into: &silencedNumbers, allowed: 0...4096)
    }

    /// Changes standardized frames of `dimension` numbers.
    public func distort(_ frames: inout [Float], dimension: Int, using random: inout SplitMix64) {
        let gains = (0..<dimension).map { _ in exp(random.normal(deviation: gain)) }
        for index in frames.indices {
            frames[index] = frames[index] * gains[index % dimension] + random.normal(deviation: noise)
        }
        let count = frames.count / dimension
        for _ in 0..<timeMasks where count > 4 * timeMaskLength {
            let length = Int.random(in: 0...timeMaskLength, using: &random)
            let start = Int.random(in: 0...(count - length), using: &random)
            for index in (start * dimension)..<((start + length) * dimension) { frames[index] = 0 }
        }
        guard silencedNumbers > 0 else { return }
        for _ in 0..<Int.random(in: 0...silencedNumbers, using: &random) {
            let number = Int.random(in: 0..<dimension, using: &random)
            for index in stride(from: number, to: frames.count, by: dimension) { frames[index] = 0 }
        }
    }
}

/// Labelled sensor recordings as training examples: whole utterances for transcription, pieces for frame labels.
public struct VectorCorpus: Corpus {
    public let lengths: [Int]
    public let shares: [Float]
    /// The standardization of the features to mean 0 and deviation 1.
    public let standardization: Standardization
    /// How labels follow each other, for models that label every frame.
    public let transitions: TransitionModel?
    private let recordings: [Prepared]
    private let pieces: [(recording: Int, first: Int)]
    private let pieceLength: Int?
    private let extractor: VectorExtractor
    private let augmentation: VectorAugmentation

    private struct Prepared: Sendable {
        var frames: [Float]
        var target: Target
        var count: Int
    }

    public var count: Int { pieces.count }

    /// Prepares recordings for training.
    ///
    /// - Parameters:
    ///   - standardization: of a model that is trained further; nil measures it on the recordings.
    ///   - pieceLength: frames per example of recordings that are labelled frame by frame.
    /// - Throws: `Alphabet.Fault` for a text with symbols that the alphabet lacks, `SensorFileError` for a recording without one of the
    ///   configuration's channels.
    public init(
        _ recordings: [SensorRecording], configuration: VectorConfiguration, task: ModelTask, alphabet: Alphabet,
        augmentation: VectorAugmentation, standardization: Standardization? = nil, pieceLength: Int = 300
    ) throws {
        let extractor = VectorExtractor(configuration)
        var estimator = Standardization.Estimator(dimension: configuration.dimension)
        var prepared: [Prepared] = []
        var sequences: [[Int?]] = []
        for recording in recordings {
            let recording = try recording.arranged(for: configuration)
            let frames = extractor.frames(recording.values, rate: recording.rate)
            let count = frames.count / configuration.dimension
            guard count > 0 else { continue }
            switch task.form {
            case .transcription:
                // Without a label it is not silence: nobody knows what it says.
                guard let text = recording.text else { continue }
                let labels = try alphabet.encode(text).map(Int32.init)
                prepared.append(Prepared(frames: frames, target: .ctc(labels), count: count))
            case .frameLabels:
                let labels = recording.frameLabels(configuration, names: alphabet.symbols)
                prepared.append(Prepared(frames: frames, target: .frames(labels), count: count))
                sequences.append(labels.map { $0 < 0 ? nil : Int($0) })
            }
            estimator.add(frames)
        }
        self.standardization = standardization ?? estimator.standardization
        transitions =
            task.form == .frameLabels ? .estimate(from: sequences, classes: alphabet.symbols.count) : nil
        self.recordings = prepared
        self.extractor = extractor
        self.augmentation = augmentation
        self.pieceLength = task.form == .frameLabels ? pieceLength : nil
        pieces = prepared.enumerated().flatMap { index, recording in
            let length = task.form == .frameLabels ? pieceLength : recording.count
            return stride(from: 0, to: recording.count, by: length).map { (index, $0) }
        }
        lengths = pieces.map { min(prepared[$0.recording].count, task.form == .frameLabels ? pieceLength : .max) }
        shares = [Float](repeating: 1, count: pieces.count)
    }

    public func example(_ index: Int, augmentedBy random: SplitMix64?) -> TrainingExample {
        let (recording, first) = pieces[index]
        let whole = recordings[recording]
        var random = random
        var start = first
        let length = min(whole.count, pieceLength ?? whole.count)
        if pieceLength != nil {
            // Pieces begin elsewhere in every epoch.
            if let shift = random?.normal(deviation: Float(length) / 4) { start += Int(shift) }
            start = min(max(0, start), whole.count - length)
        }
        let dimension = extractor.configuration.dimension
        var frames = Array(whole.frames[(start * dimension)..<((start + length) * dimension)])
        extractor.standardize(&frames, with: standardization)
        if random != nil { augmentation.distort(&frames, dimension: dimension, using: &random!) }
        switch whole.target {
        case .ctc: return TrainingExample(frames: frames, target: whole.target)
        case .frames(let labels):
            return TrainingExample(frames: frames, target: .frames(Array(labels[start..<start + length])))
        }
    }
}
