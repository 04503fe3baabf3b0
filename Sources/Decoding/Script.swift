/// Facts of a way of writing that recognition needs beside its symbols. Stored with a model.
public struct Script: Sendable, Hashable, Codable {
    /// The direction in which the symbols of a line follow each other.
    public enum Direction: String, Sendable, Codable {
        case leftToRight, rightToLeft
    }

    /// The direction in which lines run.
    public var direction = Direction.leftToRight
    /// The text between two words; empty where words are not separated.
    public var wordSeparator = " "
    /// Short texts that anyone may write: what a new generation of weights is tried on, for example. None where the program's own serve.
    public var samples: [String] = []

    /// The facts of a script. The default values are those of Latin.
    public init(direction: Direction = .leftToRight, wordSeparator: String = " ", samples: [String] = []) {
        self.direction = direction
        self.wordSeparator = wordSeparator
        self.samples = samples
    }

    /// Decodes the facts. Keys that are missing keep their default values.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        direction = try values.decodeIfPresent(Direction.self, forKey: .direction) ?? direction
        wordSeparator = try values.decodeIfPresent(String.self, forKey: .wordSeparator) ?? wordSeparator
        samples = try values.decodeIfPresent([String].self, forKey: .samples) ?? samples
    }

    /// Left to right, words apart: Latin, Greek, Cyrillic.
    public static let spaced = Script()
}
