import DuctusDecoding
import DuctusRecognition

/// The rule for words of a correction that enter the writer's personal lexicon, and for their weights.
public enum PersonalWords {
    /// Words kept of a writer.
    public static let limit = 256
    /// Shorter words are read from stray marks too easily.
    static let leastLength = 4

    /// The words of a corrected text that were not read, in order: names above all.
    public static func new(in text: String, read: String) -> [String] {
        let known = Set(words(of: read))
        var found: [String] = []
        for word in words(of: text) where word.count >= leastLength && !known.contains(word) && !found.contains(word) {
            found.append(word)
        }
        return found
    }

    /// Runs of letters, digits and apostrophes.
    private static func words(of text: String) -> [String] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "'") }.map(String.init)
    }

    /// A writer's words in the alphabet of a model; nil where none of them can be written.
    static func lexicon(of words: [PersonalWord], for model: Model) -> Lexicon? {
        var lexicon = Lexicon(alphabet: model.alphabet)
        var hasAny = false
        for word in words where lexicon.insert(word.text, weight: model.weight(ofExpected: word.text)) { hasAny = true }
        return hasAny ? lexicon : nil
    }
}
