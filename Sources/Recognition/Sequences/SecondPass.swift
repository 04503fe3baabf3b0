import DuctusFoundations
import DuctusInk
import Foundation

/// A sequence-to-sequence model of ink, measured in every way that it can be used: its encoder alone by connectionist temporal classification, its
/// decoder alone, both together, and as a second pass that ranks the readings of a first one.
public struct SecondPass: Sendable {
    /// Readings by the first pass: the likeliest of a beam search.
    public var first = SequenceEvaluation()
    /// Readings that the decoder writes. The model's own search sets the share of the encoder's output in the score.
    public var written = SequenceEvaluation()
    /// The first pass's readings, ranked by its score and the decoder's.
    public var ranked = SequenceEvaluation()
    /// The best of each line's readings: no ranking can be better.
    public var bestPossible = SequenceEvaluation()

    /// Reads every line that has a text.
    ///
    /// - Parameters:
    ///   - reader: the model of the first pass: the encoder's own (`connectionistModel`), or any other of the same ink.
    ///   - weight: the weight of the decoder's log probability beside the first pass's score.
    ///   - timelessSources: sources (by prefix) whose times are made up and not shown to the models.
    public static func run(
        _ model: SequenceModel, after reader: Model, weight: Double, on lines: [InkLine], threads: Int,
        timelessSources: [String] = ["unipen"], progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> SecondPass {
        let done = Progress(report: progress)
        let parts = parallelMap(
            lines.filter { $0.text != nil }, threads: threads,
            makeContext: {
                let recognizer = Recognizer(model: reader)
                recognizer.alternatives = reader.decoder.beamWidth
                return (recognizer, SequenceReader(model))
            }
        ) { context, line in
            Result<SecondPass, any Error> {
                let timeless = timelessSources.contains { (line.source ?? "").hasPrefix($0) }
                let strokes = timeless ? line.withoutTime().strokes : line.strokes
                defer { done.step() }
                return try read(
                    strokes, text: line.text ?? "", recognizer: context.0, sequences: context.1, weight: weight)
            }
        }
        var total = SecondPass()
        for part in parts {
            let part = try part.get()
            total.first.add(part.first)
            total.written.add(part.written)
            total.ranked.add(part.ranked)
            total.bestPossible.add(part.bestPossible)
        }
        return total
    }

    private static func read(
        _ strokes: [Stroke], text: String, recognizer: Recognizer, sequences: SequenceReader, weight: Double
    ) throws -> SecondPass {
        var result = SecondPass()
        let model = sequences.model
        func add(_ read: String, to evaluation: inout SequenceEvaluation, since start: ContinuousClock.Instant) {
            evaluation.add(source: "", target: text, read: read, seconds: (ContinuousClock.now - start) / .seconds(1))
        }
        var start = ContinuousClock.now
        let readings = try recognizer.recognize(strokes).alternatives
        add(readings.first?.text ?? "", to: &result.first, since: start)

        start = ContinuousClock.now
        let frames = try model.source.frames(of: strokes, model: model.name)
        let labels = try sequences.read(frames).first?.labels ?? []
        add(model.alphabet.decode(labels), to: &result.written, since: start)

        start = ContinuousClock.now
        let texts = readings.map(\.text)
        let known = try texts.map { try model.alphabet.encode($0) }
        let logProbabilities = try sequences.logProbabilities(of: known, given: frames)
        let scores = zip(readings, logProbabilities).map { Double($0.score) + weight * $1 }
        let best = scores.indices.max { scores[$0] < scores[$1] }
        add(best.map { texts[$0] } ?? "", to: &result.ranked, since: start)

        let closest = texts.min {
            EditDistance.between(Array(text), Array($0)) < EditDistance.between(Array(text), Array($1))
        }
        add(closest ?? "", to: &result.bestPossible, since: ContinuousClock.now)
        return result
    }
}
