/// One symbol that was read, where it was read, and how sure the reader is.
public struct ReadSymbol: Sendable, Equatable, Codable {
    /// The class, 1 and up (see `Alphabet`).
    public var label: Int
    /// The frames that show it, counted from the first frame the decoder ever saw since its last reset.
    public var frames: Range<Int>
    /// The probability that it is right, 0…1. Raw as it comes from a decoder; probabilities after `Calibration.apply(to:)`.
    public var confidence: Float

    /// A class that was read, its frames, and its confidence 0…1.
    public init(label: Int, frames: Range<Int>, confidence: Float) {
        self.label = label
        self.frames = frames
        self.confidence = confidence
    }
}

/// One reading of the frames so far, with its scores (natural logarithms).
public struct Hypothesis: Sendable, Equatable, Codable {
    /// The symbols that were read, left to right.
    public var symbols: [ReadSymbol]
    /// The score by which hypotheses are ranked: CTC, plus the weighted language model, symbol bonus and lexicon where
    /// in use.
    public var score: Float
    /// The CTC part alone: log of the probability of the labels, given the frames (within the beam, a lower bound).
    public var ctcLogProbability: Float

    /// A reading with its symbols. Scores are natural logarithms.
    public init(symbols: [ReadSymbol], score: Float, ctcLogProbability: Float) {
        self.symbols = symbols
        self.score = score
        self.ctcLogProbability = ctcLogProbability
    }

    /// The classes alone.
    public var labels: [Int] { symbols.map(\.label) }

    /// The text, spelled with the model's alphabet.
    public func text(in alphabet: Alphabet) -> String {
        alphabet.decode(symbols.lazy.map(\.label))
    }
}
