/// The words of texts and how often each occurs: what a lexicon is made of.
public struct WordCounts: Sendable {
    private var counts: [String: Int] = [:]

    /// Counts of no text.
    public init() {}

    /// Counts the words of a text: runs of letters, apostrophes within them included.
    public mutating func add(_ text: String) {
        var word = ""
        for character in text {
            if character.isLetter || (character == "'" && !word.isEmpty) {
                word.append(character)
            } else if !word.isEmpty {
                count(word)
                word = ""
            }
        }
        if !word.isEmpty { count(word) }
    }

    private mutating func count(_ word: String) {
        var word = word
        while word.last == "'" { word.removeLast() }
        counts[word, default: 0] += 1
    }

    /// The words that occur at least so often, most frequent first, equals by the alphabet. A capitalized word that occurs more
    /// often in lower case is only a sentence's beginning: it is counted there.
    public func sorted(atLeast least: Int) -> [(word: String, count: Int)] {
        var joined = counts
        for (word, count) in counts {
            let lower = word.lowercased()
            if lower != word, word.dropFirst() == lower.dropFirst(), let plain = counts[lower], plain >= count {
                joined[lower, default: 0] += count
                joined[word] = nil
            }
        }
        return joined.filter { $0.value >= least }
            .map { (word: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.word) < ($0.count, $1.word) }
    }
}
