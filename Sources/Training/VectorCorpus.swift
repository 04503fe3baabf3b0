import DuctusDecoding
import DuctusFoundations
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation

/// Labelled sensor recordings as training examples: whole utterances for transcription, pieces for frame labels.
public struct VectorCorpus: Corpus {
    public let lengths: [Int]
    public let shares: [Float]
    /// The standardization of the features to mean 0 and deviation 1.
    public let standardization: Standardization
    /// The transitions between labels, for models that label every frame.
    public let transitions: TransitionModel?
    private let recordings: [Prepared]
    private let pieces: [(recording: Int, first: Int)]
    private let pieceLength: Int?
    private let extractor: VectorExtractor
    private let augmentation: VectorAugmentation
    /// Columns of a vector that are directions in space, for turns.
    private let directions: [[Int]]
    /// Columns of a vector that are cepstra, or their slopes, for other vocal tracts.
    private let cepstra: [[Int]]

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
    ///   configuration's channels, `VectorAugmentation.Fault` for axes or cepstra that are none of them.
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
        directions = try augmentation.directions(in: configuration)
        cepstra = try augmentation.cepstra(in: configuration)
        self.pieceLength = task.form == .frameLabels ? pieceLength : nil
        pieces = prepared.enumerated().flatMap { index, recording in
            let length = task.form == .frameLabels ? pieceLength : recording.count
            return stride(from: 0, to: recording.count, by: length).map { (index, $0) }
        }
        lengths = pieces.map { min(prepared[$0.recording].count, task.form == .frameLabels ? pieceLength : .max) }
        shares = [Float](repeating: 1, count: pieces.count)
    }

    public func example(_ index: Int, augmentedBy random: SplitMix64?) -> TrainingExample {
        guard var random else {
            let (recording, first) = pieces[index]
            let whole = recordings[recording]
            let length = min(whole.count, pieceLength ?? whole.count)
            return piece(whole, first: min(first, whole.count - length), length) { frames in
                extractor.standardize(&frames, with: standardization)
            }
        }
        var example = distorted(index, using: &random)
        augmentation.mask(&example.frames, dimension: extractor.configuration.dimension, using: &random)
        return example
    }

    public func views(_ index: Int, augmentedBy random: SplitMix64) -> [TrainingExample] {
        var random = random
        let example = distorted(index, using: &random)
        return (0..<2).map { _ in
            var view = example
            augmentation.mask(&view.frames, dimension: extractor.configuration.dimension, using: &random)
            return view
        }
    }

    /// An example as another person would have made it.
    private func distorted(_ index: Int, using random: inout SplitMix64) -> TrainingExample {
        let (recording, first) = pieces[index]
        let whole = recordings[recording]
        let configuration = extractor.configuration
        let speed = augmentation.speed(using: &random)
        var (start, length) = (first, whole.count)
        if let pieceLength {
            length = min(whole.count, max(1, Int(Float(pieceLength) * speed)))
            // Pieces begin elsewhere in every epoch.
            start += Int(random.normal(deviation: Float(length) / 4))
            start = min(max(0, start), whole.count - length)
        }
        var example = piece(whole, first: start, length) { frames in
            augmentation.turn(&frames, directions, width: configuration.width, using: &random)
            augmentation.stretch(&frames, cepstra, width: configuration.width, using: &random)
            extractor.standardize(&frames, with: standardization)
        }
        if speed != 1 {
            let warp = TimeWarp(frames: length, stack: configuration.stack, speed: speed)
            example.frames = warp.apply(example.frames, width: configuration.width)
            if case .frames(let labels) = example.target { example.target = .frames(warp.apply(labels)) }
        }
        augmentation.amplify(&example.frames, configuration, using: &random)
        return example
    }

    /// Frames of a recording, and what they mean.
    private func piece(
        _ whole: Prepared, first: Int, _ length: Int, prepare: (inout [Float]) -> Void
    ) -> TrainingExample {
        let dimension = extractor.configuration.dimension
        var frames = Array(whole.frames[(first * dimension)..<((first + length) * dimension)])
        prepare(&frames)
        guard case .frames(let labels) = whole.target else {
            return TrainingExample(frames: frames, target: whole.target)
        }
        return TrainingExample(frames: frames, target: .frames(Array(labels[first..<first + length])))
    }
}
