import DuctusDecoding
import DuctusDocuments
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
    /// The examples after those of the lines.
    private let recombined: RecombinedLines
    private let features: FeatureConfiguration
    private let augmentation: Augmentation

    public var count: Int { lines.count + recombined.count }

    /// Lines of one file.
    public struct Source: Sendable {
        /// The labelled lines.
        public var lines: [InkLine]
        /// Share of the lines that an epoch draws.
        public var share: Float
        /// Share of the recombined lines that an epoch draws; 0 makes none. Lines of several words are cut (`WordCutter`).
        public var recombined: Float

        /// A source of labelled lines; shares are fractions.
        public init(_ lines: [InkLine], share: Float = 1, recombined: Float = 0) {
            self.lines = lines
            self.share = share
            self.recombined = recombined
        }
    }

    /// Prepares lines for training.
    ///
    /// - Parameters:
    ///   - sources: lines with the share of them that an epoch draws, and the share of the lines that are made anew of one
    ///     writer's words among them (`Recombination`).
    ///   - standardization: of a model that is trained further; nil measures it on the lines.
    public init(
        _ sources: [Source], features: FeatureConfiguration, alphabet: Alphabet,
        augmentation: Augmentation, sampling: Recipe.Sampling, standardization: Standardization? = nil, threads: Int
    ) {
        var leftOut: [String: Int] = [:]
        var kept: [(line: InkLine, target: [Int32], source: Int)] = []
        for (number, source) in sources.enumerated() {
            for line in source.lines {
                guard let text = line.text, !text.isEmpty else {
                    leftOut["no text", default: 0] += 1
                    continue
                }
                guard let labels = try? alphabet.encode(text) else {
                    leftOut["symbols outside the alphabet", default: 0] += 1
                    continue
                }
                let timeless = sampling.timelessSources.contains { (line.source ?? "").hasPrefix($0) }
                kept.append((timeless ? line.withoutTime() : line, labels.map(Int32.init), number))
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
        let frames = usable.map { measured[$0].count }
        let separator = (try? alphabet.encode(" "))?.first.map(Int32.init)
        recombined = RecombinedLines(
            of: separator == nil
                ? []
                : Self.words(
                    usable.map { (kept[$0].line, kept[$0].target, measured[$0].count, kept[$0].source) }, sources,
                    features, alphabet, threads: threads),
            separator: separator ?? 0, maximumFrames: sampling.maximumFrames)
        shares = usable.map { sources[kept[$0].source].share } + recombined.shares
        lengths = frames + recombined.lengths
        self.standardization = standardization ?? estimator.standardization
        self.leftOut = leftOut
        self.features = features
        self.augmentation = augmentation
    }

    /// Prepares the lines of files, as a recipe says.
    ///
    /// - Parameters:
    ///   - standardization: of a model that is trained further; nil measures it on the lines.
    ///   - limit: use only the first lines of each file.
    ///   - leftOut: identifiers of lines that are not used.
    public init(
        recipe: Recipe, features: FeatureConfiguration, alphabet: Alphabet, data: [URL],
        standardization: Standardization?, limit: Int?, leftOut: Set<String> = [], threads: Int
    ) throws {
        self.init(
            try data.map { url in
                let name = url.lastPathComponent
                return .init(
                    try Self.lines(of: url, limit).filter { !leftOut.contains($0.id) },
                    share: recipe.sampling.shares[name] ?? 1,
                    recombined: recipe.sampling.recombined[name] ?? 0)
            },
            features: features, alphabet: alphabet, augmentation: recipe.augmentation, sampling: recipe.sampling,
            standardization: standardization, threads: threads)
    }

    /// The first lines of a file; all of them where `limit` is nil.
    static func lines(of url: URL, _ limit: Int?) throws -> [InkLine] {
        let lines = try InkFile.read(url)
        return limit.map { Array(lines.prefix($0)) } ?? lines
    }

    /// The lines that were left out, as a remark for a person.
    public var remarks: [String] {
        leftOut.sorted { $0.key < $1.key }.map { "Left out \($0.value) lines: \($0.key)" }
    }

    /// The identifier of an example's line; of words set together theirs, with a plus between.
    public func identifier(_ index: Int) -> String {
        index < lines.count ? lines[index].id : recombined.identifier(index - lines.count)
    }

    /// The number of symbols of each example.
    var labelCounts: [Int] { (0..<count).map { target($0).labelCount } }

    public func example(_ index: Int, augmentedBy random: SplitMix64?) -> TrainingExample {
        guard var random else {
            var extracted = Features(dimension: features.dimension)
            var extractor = FeatureExtractor(features)
            extractor.extract(line(index).strokes, into: &extracted)
            standardization.apply(to: &extracted.values)
            return TrainingExample(frames: extracted.values, target: target(index))
        }
        var frames = distorted(index, using: &random)
        augmentation.mask(&frames, dimension: features.dimension, using: &random)
        return TrainingExample(frames: frames, target: target(index))
    }

    public func views(_ index: Int, augmentedBy random: SplitMix64) -> [TrainingExample] {
        var random = random
        let frames = distorted(index, using: &random)
        return (0..<2).map { _ in
            var view = frames
            augmentation.mask(&view, dimension: features.dimension, using: &random)
            return TrainingExample(frames: view, target: target(index))
        }
    }

    /// The ink of an example: a line as it is, or words set together.
    private func line(_ index: Int, using random: inout SplitMix64) -> InkLine {
        index < lines.count ? lines[index] : recombined.line(index - lines.count, using: &random)
    }

    /// The same in every call.
    private func line(_ index: Int) -> InkLine {
        var random = SplitMix64(seed: UInt64(index))
        return line(index, using: &random)
    }

    private func target(_ index: Int) -> Target {
        .ctc(index < lines.count ? targets[index] : recombined.target(index - lines.count))
    }

    /// The words of the sources that ask for recombined lines.
    private static func words(
        _ lines: [(line: InkLine, target: [Int32], frames: Int, source: Int)], _ sources: [Source],
        _ features: FeatureConfiguration, _ alphabet: Alphabet, threads: Int
    ) -> [RecombinedLines.Word] {
        let cutter = WordCutter()
        let asked = lines.filter { sources[$0.source].recombined > 0 && $0.line.writer != nil }
        return parallelMap(asked, threads: threads) { item -> [RecombinedLines.Word] in
            let (line, target, frames, source) = item
            let word = RecombinedLines.Word(
                line: line, target: target, frames: frames, share: sources[source].recombined,
                hand: .init(file: source, collection: line.source ?? "", writer: line.writer ?? ""))
            guard (line.text ?? "").contains(" ") else { return [word] }
            return (cutter.words(of: line) ?? []).compactMap { cut in
                guard let labels = try? alphabet.encode(cut.text ?? "") else { return nil }
                var part = word
                part.line = cut
                part.target = labels.map(Int32.init)
                part.frames = FeatureExtractor.features(of: cut.strokes, features).count
                part.hand.isCut = true
                return part
            }
        }
        .flatMap { $0 }
    }

    /// A line's standardized frames, its shape changed at random, not masked yet.
    private func distorted(_ index: Int, using random: inout SplitMix64) -> [Float] {
        var configuration = features
        configuration.step *= augmentation.stepFactor(using: &random)
        let ink = line(index, using: &random).strokes
        let strokes = augmentation.distort(Self.normalized(ink, features), using: &random)
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
