import DuctusDecoding
import DuctusFoundations
import DuctusInk
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation

/// Labelled lines of ink as training examples.
public struct InkCorpus: Corpus {
    public let lengths: [Int]
    public let shares: [Float]
    /// Mean and deviation of the features of all lines.
    public let standardization: Standardization
    /// Lines that were left out, by reason.
    public let leftOut: [String: Int]
    private let lines: [InkLine]
    private let targets: [[Int32]]
    private let features: FeatureConfiguration
    private let augmentation: Augmentation

    public var count: Int { lines.count }

    /// Prepares lines for training.
    ///
    /// - Parameters:
    ///   - sources: lines with the share of them that an epoch draws.
    ///   - standardization: of a model that is trained further; nil measures it on the lines.
    public init(
        _ sources: [(lines: [InkLine], share: Float)], features: FeatureConfiguration, alphabet: Alphabet,
        augmentation: Augmentation, sampling: Recipe.Sampling, standardization: Standardization? = nil, threads: Int
    ) {
        var leftOut: [String: Int] = [:]
        var kept: [(line: InkLine, target: [Int32], share: Float)] = []
        for (lines, share) in sources {
            for line in lines {
                guard let text = line.text, !text.isEmpty else {
                    leftOut["no text", default: 0] += 1
                    continue
                }
                guard let labels = try? alphabet.encode(text) else {
                    leftOut["symbols outside the alphabet", default: 0] += 1
                    continue
                }
                let timeless = sampling.timelessSources.contains { (line.source ?? "").hasPrefix($0) }
                kept.append((timeless ? line.withoutTime() : line, labels.map(Int32.init), share))
            }
        }
        let measured = parallelMap(kept.map(\.line), threads: threads) { line in
            let extracted = FeatureExtractor.features(of: line.strokes, features)
            var estimator = Standardization.Estimator(dimension: features.dimension)
            if standardization == nil { estimator.add(extracted.values) }
            return (count: extracted.count, estimator: estimator)
        }
        var estimator = Standardization.Estimator(dimension: features.dimension)
        var usable: [Int] = []
        for (index, extracted) in measured.enumerated() {
            guard extracted.count > 0 else {
                leftOut["no ink", default: 0] += 1
                continue
            }
            guard extracted.count <= sampling.maximumFrames else {
                leftOut["too long", default: 0] += 1
                continue
            }
            estimator.merge(extracted.estimator)
            usable.append(index)
        }
        lines = usable.map { kept[$0].line }
        targets = usable.map { kept[$0].target }
        shares = usable.map { kept[$0].share }
        lengths = usable.map { measured[$0].count }
        self.standardization = standardization ?? estimator.standardization
        self.leftOut = leftOut
        self.features = features
        self.augmentation = augmentation
    }

    public func example(_ index: Int, augmentedBy random: SplitMix64?) -> TrainingExample {
        guard var random else {
            var extracted = Features(dimension: features.dimension)
            var extractor = FeatureExtractor(features)
            extractor.extract(lines[index].strokes, into: &extracted)
            standardization.apply(to: &extracted.values)
            return TrainingExample(frames: extracted.values, target: .ctc(targets[index]))
        }
        var frames = distorted(index, using: &random)
        augmentation.mask(&frames, dimension: features.dimension, using: &random)
        return TrainingExample(frames: frames, target: .ctc(targets[index]))
    }

    public func views(_ index: Int, augmentedBy random: SplitMix64) -> [TrainingExample] {
        var random = random
        let frames = distorted(index, using: &random)
        return (0..<2).map { _ in
            var view = frames
            augmentation.mask(&view, dimension: features.dimension, using: &random)
            return TrainingExample(frames: view, target: .ctc(targets[index]))
        }
    }

    /// A line's standardized frames, its shape changed at random, not masked yet.
    private func distorted(_ index: Int, using random: inout SplitMix64) -> [Float] {
        var configuration = features
        configuration.step *= augmentation.stepFactor(using: &random)
        let strokes = augmentation.distort(Self.normalized(lines[index].strokes, features), using: &random)
        var extracted = Features(dimension: features.dimension)
        var extractor = FeatureExtractor(configuration)
        extractor.extract(strokes, normalization: SegmentNormalization(), into: &extracted)
        standardization.apply(to: &extracted.values)
        return extracted.values
    }

    /// The strokes in normalized units, y down still, as an extraction with the identity expects them.
    private static func normalized(_ strokes: [Stroke], _ configuration: FeatureConfiguration) -> [Stroke] {
        let normalization = SegmentNormalization(of: strokes, configuration)
        var result = strokes
        for s in result.indices {
            result[s].samples.withUnsafeMutableBufferPointer { samples in
                for i in samples.indices {
                    let (x, y) = normalization.apply(x: samples[i].x, y: samples[i].y)
                    samples[i].x = x
                    samples[i].y = -y
                }
            }
        }
        return result
    }
}
