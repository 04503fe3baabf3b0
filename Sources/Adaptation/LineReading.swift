import Decoding
import Ink
import Network
import Recognition

/// Reads ink without language model, and tells how well a given text fits it: what the gate and the check of corrections measure by.
///
/// Keeps its memory from line to line; used by one thread at a time.
final class LineReading {
    private let model: Model
    private let workspace = Workspace()
    private var extractor: FeatureExtractor
    private var features: Features
    private var batch: Batch

    /// - Throws: `ModelError.wrongInput` where the model does not read ink.
    init(_ model: Model) throws {
        guard case .ink(let configuration) = model.input, model.task == .transcription else {
            throw ModelError.wrongInput(model: model.name, expected: "sensor vectors")
        }
        self.model = model
        extractor = FeatureExtractor(configuration)
        features = Features(dimension: model.input.dimension)
        batch = Batch(dimension: model.input.dimension)
    }

    /// Calls `body` with the posteriors of a segment; there are no frames where there is no ink.
    func withPosteriors<Value>(of strokes: [Stroke], _ body: (Posteriors) -> Value) throws -> Value {
        extractor.extract(strokes, into: &features)
        guard features.count > 0 else {
            return Posteriors.withView(of: [], labels: model.network.architecture.output, body)
        }
        var frames = features.values
        model.standardization.apply(to: &frames)
        batch.removeAll()
        batch.append(frames)
        let output = try model.network.forward(batch, workspace: workspace)[0]
        return body(Posteriors(output.values, frames: output.frames, labels: model.network.architecture.output))
    }

    /// How well the model reads a line; nothing for one without text, or with symbols outside the alphabet.
    func figures(of line: InkLine) throws -> ReadingFigures {
        var figures = ReadingFigures()
        guard let text = line.text, !text.isEmpty, let labels = try? model.alphabet.encode(text) else { return figures }
        try withPosteriors(of: line.strokes) { posteriors in
            figures.lines = 1
            figures.characters = labels.count
            figures.edits = EditDistance.between(labels, BestPath.decode(posteriors).labels)
            // A text that cannot fit at all counts as unlikely as any: e⁻²⁰ a character.
            let likelihood = ForcedAlignment.ctcLogProbability(posteriors, labels: labels)
            figures.nats = -Double(max(likelihood, -20 * Float(labels.count)))
        }
        return figures
    }
}

extension ReadingFigures {
    /// How well a model reads lines.
    public static func of(_ model: Model, on lines: [InkLine], threads: Int = 1) throws -> ReadingFigures {
        let parts = parallelMap(lines, threads: threads, makeContext: { Result { try LineReading(model) } }) {
            reading, line in Result { try reading.get().figures(of: line) }
        }
        return try parts.reduce(ReadingFigures()) { $0 + (try $1.get()) }
    }
}
