import DuctusFoundations
import DuctusInk
import Foundation

/// How well a model turns sources into the texts that they should become. Rates are fractions.
public struct SequenceEvaluation: Sendable {
    /// Sequences that were read.
    public private(set) var sequences = 0
    /// Sequences that are right from the first symbol to the last.
    public private(set) var exact = 0
    /// Characters of the targets.
    public private(set) var characters = 0
    /// Characters put in, left out or exchanged.
    public private(set) var characterEdits = 0
    /// Words of the targets.
    public private(set) var words = 0
    /// Words put in, left out or exchanged.
    public private(set) var wordEdits = 0
    /// Time spent reading, all threads together.
    public private(set) var seconds = 0.0
    /// The first of what is wrong.
    public private(set) var mistakes: [Mistake] = []

    /// A sequence that was not read right.
    public struct Mistake: Sendable, Equatable {
        /// The source: a text, or the name of the ink.
        public var source: String
        /// The target.
        public var target: String
        /// The output of the model.
        public var read: String
    }

    /// An evaluation of no sequence.
    public init() {}

    /// The share of sequences that are wholly right.
    public var accuracy: Double { sequences == 0 ? 0 : Double(exact) / Double(sequences) }
    /// Character error rate, a fraction.
    public var cer: Double { characters == 0 ? 0 : Double(characterEdits) / Double(characters) }
    /// Word error rate, a fraction.
    public var wer: Double { words == 0 ? 0 : Double(wordEdits) / Double(words) }

    /// Counts one sequence.
    public mutating func add(source: String, target: String, read: String, seconds: Double) {
        sequences += 1
        self.seconds += seconds
        characters += target.count
        words += target.split(separator: " ").count
        if read == target {
            exact += 1
            return
        }
        characterEdits += EditDistance.between(Array(target), Array(read))
        wordEdits += EditDistance.between(target.split(separator: " "), read.split(separator: " "))
        if mistakes.count < 20 { mistakes.append(Mistake(source: source, target: target, read: read)) }
    }

    /// Adds what was counted elsewhere.
    public mutating func add(_ other: SequenceEvaluation) {
        sequences += other.sequences
        exact += other.exact
        characters += other.characters
        characterEdits += other.characterEdits
        words += other.words
        wordEdits += other.wordEdits
        seconds += other.seconds
        mistakes = Array((mistakes + other.mistakes).prefix(20))
    }

    /// Reads every pair's source and counts the errors.
    ///
    /// - Parameter progress: called with the number of pairs done, on any thread.
    /// - Throws: `Alphabet.Fault` for a source with symbols that the model does not know, `ModelError.wrongInput` where it reads ink.
    public static func run(
        _ model: SequenceModel, on pairs: [TextPair], threads: Int,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> SequenceEvaluation {
        try run(model, on: pairs, threads: threads, progress: progress) { pair in
            (pair.source, pair.target, try model.source.frames(of: pair.source, model: model.name))
        }
    }

    /// Reads every line of ink that has a text and counts the errors.
    ///
    /// - Parameters:
    ///   - timelessSources: sources (by prefix) whose times are made up and not shown to the model.
    ///   - progress: called with the number of lines done, on any thread.
    /// - Throws: `ModelError.wrongInput` where the model reads text.
    public static func run(
        _ model: SequenceModel, on lines: [InkLine], threads: Int, timelessSources: [String] = ["unipen"],
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> SequenceEvaluation {
        let labelled = lines.filter { $0.text != nil }
        return try run(model, on: labelled, threads: threads, progress: progress) { line in
            let timeless = timelessSources.contains { (line.source ?? "").hasPrefix($0) }
            let strokes = timeless ? line.withoutTime().strokes : line.strokes
            return (line.id, line.text ?? "", try model.source.frames(of: strokes, model: model.name))
        }
    }

    private static func run<Example: Sendable>(
        _ model: SequenceModel, on examples: [Example], threads: Int, progress: @escaping @Sendable (Int) -> Void,
        frames: @Sendable (Example) throws -> (source: String, target: String, frames: [Float])
    ) throws -> SequenceEvaluation {
        let done = Progress(report: progress)
        let parts = parallelMap(examples, threads: threads, makeContext: { SequenceReader(model) }) { reader, example in
            Result<SequenceEvaluation, any Error> {
                let example = try frames(example)
                let start = ContinuousClock.now
                let labels = try reader.read(example.frames).first?.labels ?? []
                var part = SequenceEvaluation()
                part.add(
                    source: example.source, target: example.target, read: model.alphabet.decode(labels),
                    seconds: (ContinuousClock.now - start) / .seconds(1))
                done.step()
                return part
            }
        }
        var total = SequenceEvaluation()
        for part in parts { total.add(try part.get()) }
        return total
    }
}
