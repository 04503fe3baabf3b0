import DuctusDecoding
import Foundation

/// One word of a recognition, with what else it may be.
public struct RecognizedWord: Sendable, Equatable {
    /// The word as the best reading has it.
    public var text: String
    /// Its symbols, as indexes in the recognition.
    public var symbols: Range<Int>
    /// Its strokes, as indexes in the segment.
    public var strokes: Range<Int>
    /// How the readings have it, the likeliest first, `text` among them; the probabilities are those within the readings and sum to one.
    public var candidates: [Candidate]

    /// A reading of one word.
    public struct Candidate: Sendable, Equatable {
        /// The text of the reading.
        public var text: String
        /// Share of the readings' probability, 0…1.
        public var probability: Float

        /// A reading, and its probability 0…1.
        public init(text: String, probability: Float) {
            self.text = text
            self.probability = probability
        }
    }

    /// A word of a recognition; both ranges count within it.
    public init(text: String, symbols: Range<Int>, strokes: Range<Int>, candidates: [Candidate]) {
        self.text = text
        self.symbols = symbols
        self.strokes = strokes
        self.candidates = candidates
    }
}

extension Recognition {
    /// The words of the best reading, each with what the other readings have at the same frames.
    ///
    /// - Parameters:
    ///   - hypotheses: best first; the first is the one that this recognition was made of. More of them give more candidates.
    ///   - separator: the text between words (`Script.wordSeparator`); where it is empty, every symbol is a word.
    ///   - limit: the largest number of candidates of a word.
    public func words(
        among hypotheses: [Hypothesis], alphabet: Alphabet, separator: String, limit: Int = 5
    ) -> [RecognizedWord] {
        guard let best = hypotheses.first, best.symbols.count == symbols.count else { return [] }
        let shares = Self.shares(of: hypotheses)
        return LineWord.ranges(of: symbols.map(\.text), separator: separator).map { range in
            // From half-way after the symbol before to half-way before the symbol after: there a word's symbols may be.
            let first = best.symbols[range.lowerBound].frames.lowerBound
            let last = best.symbols[range.upperBound - 1].frames.upperBound
            let start = range.lowerBound > 0 ? (best.symbols[range.lowerBound - 1].frames.upperBound + first) / 2 : 0
            let end =
                range.upperBound < best.symbols.count
                ? (last + best.symbols[range.upperBound].frames.lowerBound + 1) / 2 : Int.max
            var probabilities: [String: Float] = [:]
            for (hypothesis, share) in zip(hypotheses, shares) {
                let labels = hypothesis.symbols.lazy.filter {
                    let middle = ($0.frames.lowerBound + $0.frames.upperBound) / 2
                    return middle >= start && middle < end
                }.map(\.label)
                let text = alphabet.decode(labels).trimmingCharacters(in: .whitespaces)
                if !text.isEmpty { probabilities[text, default: 0] += share }
            }
            let own = symbols[range].map(\.text).joined()
            let ranked = probabilities.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            // In this order, since a dictionary's own differs from run to run, and with it the last digit.
            let sum = ranked.reduce(0) { $0 + $1.value }
            return RecognizedWord(
                text: own, symbols: range,
                strokes: symbols[range.lowerBound].strokes
                    .lowerBound..<max(
                        symbols[range.lowerBound].strokes.lowerBound, symbols[range.upperBound - 1].strokes.upperBound),
                candidates: ranked.prefix(limit).map { .init(text: $0.key, probability: $0.value / sum) })
        }
    }

    /// Each reading's share of the probability of all.
    private static func shares(of hypotheses: [Hypothesis]) -> [Float] {
        let best = hypotheses.map(\.score).max() ?? 0
        let weights = hypotheses.map { exp($0.score - best) }
        let sum = weights.reduce(0, +)
        return weights.map { sum > 0 && sum.isFinite ? $0 / sum : 0 }
    }
}
