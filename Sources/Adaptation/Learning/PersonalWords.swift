import DuctusDecoding
import DuctusRecognition

/// Which words of a correction enter the writer's personal lexicon, and how much they weigh there.
public enum PersonalWords {
    /// Words kept of a writer.
    public static let limit = 256
    /// What a word adds to the score of a text that has it: natural logarithm. `docs/adaptation.md` compares values.
    public static let weight: Float = 10
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

    /// A model's lexicon with a writer's words in it; nil where none of them can be written.
    static func lexicon(of words: [PersonalWord], for model: Model) -> Lexicon? {
        var lexicon = model.lexicon ?? Lexicon(alphabet: model.alphabet)
        var hasAny = false
        for word in words where lexicon.insert(word.text, weight: weight) { hasAny = true }
        return hasAny ? lexicon : nil
    }
}
