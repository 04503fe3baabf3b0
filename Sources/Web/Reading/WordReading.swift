import Foundation

/// The words of a line's reading, each with its symbols and with what the line's other readings say in its place.
///
/// Other readings are laid against the best one word by word, with the fewest changes; a word that stands where another does is its
/// candidate, weighed by the readings that have it.
package struct WordReading: Equatable, Sendable {
    /// Indexes of its symbols in the line.
    package var symbols: Range<Int>
    package var text: String
    /// The mean over its symbols.
    package var confidence: Float
    /// Best first, with their shares; the first is `text`.
    package var candidates: [(text: String, confidence: Float)]

    package static func == (one: WordReading, other: WordReading) -> Bool {
        one.symbols == other.symbols && one.text == other.text && one.confidence == other.confidence
            && one.candidates.map(\.text) == other.candidates.map(\.text)
    }

    /// - Parameters:
    ///   - symbols: of the best reading, each with its confidence; a space separates words.
    ///   - readings: other readings with the natural logarithm of their weights; `best` is that of the best one.
    package static func words(
        of symbols: [(text: String, confidence: Float)], best: Float?, readings: [(text: String, score: Float)],
        limit: Int = 8
    ) -> [WordReading] {
        var words: [WordReading] = []
        var first = 0
        for index in 0...symbols.count where index == symbols.count || symbols[index].text == " " {
            if first < index {
                let text = symbols[first..<index].map(\.text).joined()
                let sum = symbols[first..<index].reduce(0) { $0 + $1.confidence }
                words.append(
                    WordReading(
                        symbols: first..<index, text: text, confidence: sum / Float(index - first), candidates: []))
            }
            first = index + 1
        }
        guard !words.isEmpty else { return [] }
        // The logarithms may be of any size; only their differences count.
        let highest = max(best ?? -.infinity, readings.map(\.score).max() ?? -.infinity)
        func weight(_ score: Float) -> Float { highest.isFinite ? exp(score - highest) : 1 }
        var tallies = words.map { [$0.text: weight(best ?? 0)] }
        for reading in readings {
            let others = reading.text.split(separator: " ").map(String.init)
            for (index, other) in alignment(of: words.map(\.text), with: others) {
                tallies[index][other, default: 0] += weight(reading.score)
            }
        }
        for index in words.indices {
            let sum = tallies[index].values.reduce(0, +)
            let text = words[index].text
            // The best reading stays first even where others together outweigh it.
            let sorted = tallies[index].sorted {
                ($0.key == text ? 1 : 0, $0.value, $1.key) > ($1.key == text ? 1 : 0, $1.value, $0.key)
            }
            words[index].candidates = sorted.prefix(limit).map { ($0.key, sum > 0 ? $0.value / sum : 0) }
        }
        return words
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
