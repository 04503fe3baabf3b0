import Foundation

/// One word of a line's best reading, with its symbols and its candidates.
///
/// The other readings are aligned with the best one, word by word, with the fewest changes. A word that stands in another one's place is
/// its candidate; its weight is the sum over the readings that have it.
package struct LineWord: Equatable, Sendable {
    /// Indexes of its symbols in the line.
    package var symbols: Range<Int>
    package var text: String
    /// The mean over its symbols.
    package var confidence: Float
    /// Best first, with their shares; the first is `text`.
    package var candidates: [(text: String, confidence: Float)]

    package static func == (one: LineWord, other: LineWord) -> Bool {
        one.symbols == other.symbols && one.text == other.text && one.confidence == other.confidence
            && one.candidates.map(\.text) == other.candidates.map(\.text)
    }

    /// Divides a line into words, left to right.
    ///
    /// - Parameters:
    ///   - symbols: those of the best reading, each with its confidence.
    ///   - best: the natural logarithm of the best reading's weight.
    ///   - readings: the other readings, each with the natural logarithm of its weight.
    ///   - separator: the text between words (`Script.wordSeparator`); where it is empty, every symbol is a word.
    ///   - limit: the largest number of candidates of a word.
    package static func words(
        of symbols: [(text: String, confidence: Float)], best: Float?, readings: [(text: String, score: Float)],
        separator: String = " ", limit: Int = 8
    ) -> [LineWord] {
        var words = ranges(of: symbols.map(\.text), separator: separator).map { range in
            LineWord(
                symbols: range, text: symbols[range].map(\.text).joined(),
                confidence: symbols[range].reduce(0) { $0 + $1.confidence } / Float(range.count), candidates: [])
        }
        guard !words.isEmpty else { return [] }
        // The logarithms may be of any size; only their differences count.
        let highest = max(best ?? -.infinity, readings.map(\.score).max() ?? -.infinity)
        func weight(_ score: Float) -> Float { highest.isFinite ? exp(score - highest) : 1 }
        var tallies = words.map { [$0.text: weight(best ?? 0)] }
        for reading in readings {
            let others = Self.texts(in: reading.text, separator: separator)
            for (index, other) in alignment(of: words.map(\.text), with: others) {
                tallies[index][other, default: 0] += weight(reading.score)
            }
        }
        for index in words.indices {
            let text = words[index].text
            // The best reading stays first even where others together outweigh it.
            let sorted = tallies[index].sorted {
                ($0.key == text ? 1 : 0, $0.value, $1.key) > ($1.key == text ? 1 : 0, $1.value, $0.key)
            }
            // In this order, since a dictionary's own differs from run to run, and with it the last digit.
            let sum = sorted.reduce(0) { $0 + $1.value }
            words[index].candidates = sorted.prefix(limit).map { ($0.key, sum > 0 ? $0.value / sum : 0) }
        }
        return words
    }

    /// The places of the words in a line's symbols.
    static func ranges(of symbols: [String], separator: String) -> [Range<Int>] {
        guard !separator.isEmpty else { return symbols.indices.map { $0..<($0 + 1) } }
        return symbols.indices.split { symbols[$0] == separator }
    }

    private static func texts(in reading: String, separator: String) -> [String] {
        guard !separator.isEmpty else { return reading.map(String.init) }
        return reading.split(separator: separator).map(String.init)
    }

    /// Aligns words with `others`, and returns the pairs of the alignment with the fewest changes.
    private static func alignment(of words: [String], with others: [String]) -> [(Int, String)] {
        guard !others.isEmpty else { return [] }
        let width = others.count + 1
        var costs = [Float](repeating: 0, count: (words.count + 1) * width)
        for i in 0...words.count {
            for j in 0...others.count {
                switch (i, j) {
                case (0, _): costs[j] = Float(j)
                case (_, 0): costs[i * width] = Float(i)
                default:
                    costs[i * width + j] = min(
                        costs[(i - 1) * width + j - 1] + (words[i - 1] == others[j - 1] ? 0 : 0.9),
                        costs[(i - 1) * width + j] + 1, costs[i * width + j - 1] + 1)
                }
            }
        }
        var pairs: [(Int, String)] = []
        var (i, j) = (words.count, others.count)
        while i > 0, j > 0 {
            let here = costs[i * width + j]
            let change: Float = words[i - 1] == others[j - 1] ? 0 : 0.9
            if here == costs[(i - 1) * width + j - 1] + change {
                pairs.append((i - 1, others[j - 1]))
                (i, j) = (i - 1, j - 1)
            } else if here == costs[(i - 1) * width + j] + 1 {
                i -= 1
            } else {
                j -= 1
            }
        }
        return pairs
    }
}

extension Recognition {
    /// The words of the best reading, left to right.
    ///
    /// - Parameter separator: the text between words (`Script.wordSeparator`).
    package func lineWords(separator: String) -> [LineWord] {
        LineWord.words(
            of: symbols.map { ($0.text, $0.confidence) }, best: alternatives.first { $0.text == text }?.score,
            readings: alternatives.filter { $0.text != text }.map { ($0.text, $0.score) }, separator: separator)
    }
}
