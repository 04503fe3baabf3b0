import Decoding
import Ink
import Network
import Recognition

/// Reads segments without language model, and tells how well a given text fits them: what the gate and the check of corrections
/// measure by.
///
/// Keeps its memory from segment to segment; used by one thread at a time.
final class SegmentReading {
    private let model: Model
    private let workspace = Workspace()
    private var ink: FeatureExtractor?
    private var vectors: VectorExtractor?
    private var features: Features
    private var batch: Batch

    /// - Throws: `ModelError.wrongInput` where the model does not transcribe.
    init(_ model: Model) throws {
        guard model.task == .transcription else {
            throw ModelError.wrongInput(model: model.name, expected: "what it labels frame by frame")
        }
        self.model = model
        switch model.input {
        case .ink(let configuration): ink = FeatureExtractor(configuration)
        case .vectors(let configuration): vectors = VectorExtractor(configuration)
        }
        features = Features(dimension: model.input.dimension)
        batch = Batch(dimension: model.input.dimension)
    }

    /// Calls `body` with the posteriors of each segment, all read at once; there are no frames where the model finds nothing to read.
    func withPosteriors<Value>(of evidence: [Evidence], _ body: (Int, Posteriors) -> Value) throws -> [Value] {
        batch.removeAll()
        let isRead = evidence.map { evidence in
            let frames = frames(of: evidence)
            if !frames.isEmpty { batch.append(frames) }
            return !frames.isEmpty
        }
        let labels = model.network.architecture.output
        let output = batch.count > 0 ? try model.network.forward(batch, workspace: workspace) : nil
        var next = 0
        return evidence.indices.map { index in
            guard isRead[index], let sequence = output?[next] else { return Posteriors.withView(of: [], labels: labels) { body(index, $0) } }
            next += 1
            return body(index, Posteriors(sequence.values, frames: sequence.frames, labels: labels))
        }
    }

    /// Standardized frames, row-major; none for evidence of another kind than the model reads.
    private func frames(of evidence: Evidence) -> [Float] {
        switch evidence {
        case .ink(let strokes):
            guard ink?.extract(strokes, into: &features) != nil, features.count > 0 else { return [] }
            var frames = features.values
            model.standardization.apply(to: &frames)
            return frames
        case .vectors(let recorded):
            guard let vectors, vectors.configuration.channels == recorded.channels else { return [] }
            var frames = vectors.frames(recorded.values, rate: recorded.rate)
            vectors.standardize(&frames, with: model.standardization)
            return frames
        }
    }

    /// How well the model reads segments; one without text, or with symbols outside the alphabet, does not count.
    func figures(of segments: [LabelledSegment]) throws -> ReadingFigures {
        let known = segments.compactMap { segment in
            segment.text.isEmpty ? nil : (try? model.alphabet.encode(segment.text)).map { (segment.evidence, labels: $0) }
        }
        let parts = try withPosteriors(of: known.map(\.0)) { index, posteriors in
            let labels = known[index].labels
            var figures = ReadingFigures()
            figures.lines = 1
            figures.characters = labels.count
            figures.edits = EditDistance.between(labels, BestPath.decode(posteriors).labels)
            // A text that cannot fit at all counts as unlikely as any: e⁻²⁰ a character.
            let likelihood = ForcedAlignment.ctcLogProbability(posteriors, labels: labels)
            figures.nats = -Double(max(likelihood, -20 * Float(labels.count)))
            return figures
        }
        return parts.reduce(ReadingFigures(), +)
    }
}

extension ReadingFigures {
    /// Segments that are read at once: together they are read faster, and a wait between them is still short.
    private static let groupSize = 8

    /// How well a model reads segments.
    ///
    /// - Parameter pause: called now and then; what it throws ends the reading.
    public static func of(
        _ model: Model, on segments: [LabelledSegment], threads: Int = 1, pause: () throws -> Void = {}
    ) throws -> ReadingFigures {
        let threads = max(1, threads)
        let size = max(1, min(groupSize, (segments.count + threads - 1) / threads))
        let groups = stride(from: 0, to: segments.count, by: size).map { Array(segments[$0..<min($0 + size, segments.count)]) }
        var sum = ReadingFigures()
        for first in stride(from: 0, to: groups.count, by: threads) {
            try pause()
            let parts = parallelMap(
                Array(groups[first..<min(first + threads, groups.count)]), threads: threads,
                makeContext: { Result { try SegmentReading(model) } }
            ) { reading, group in Result { try reading.get().figures(of: group) } }
            for part in parts { sum = sum + (try part.get()) }
        }
        return sum
    }
}
