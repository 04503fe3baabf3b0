/// The result of recognition: the text, and the ink of each symbol.
public struct Recognition: Sendable, Equatable {
    /// The best reading.
    public var text: String
    /// The best reading's symbols, left to right.
    public var symbols: [RecognizedSymbol]
    /// All readings that were asked for, best first; the first is `text`.
    public var alternatives: [Alternative]
    /// Feature vectors that were read.
    public var frames: Int
    /// The words with their candidates, where the recognizer was asked for them.
    public var words: [RecognizedWord] = []

    /// A reading with its score.
    public struct Alternative: Sendable, Equatable {
        /// The text of the reading.
        public var text: String
        /// Natural logarithm; comparable within one recognition only.
        public var score: Float

        /// A text, and its score as a natural logarithm.
        public init(text: String, score: Float) {
            self.text = text
            self.score = score
        }
    }

    /// A reading of a segment that gave `frames` frames of output.
    public init(text: String, symbols: [RecognizedSymbol], alternatives: [Alternative], frames: Int) {
        self.text = text
        self.symbols = symbols
        self.alternatives = alternatives
        self.frames = frames
    }
}

/// One symbol with the ink that shows it.
public struct RecognizedSymbol: Sendable, Equatable {
    /// The symbol, which may be several Unicode scalars.
    public var text: String
    /// The probability that it is right, 0…1, calibrated where the model is.
    public var confidence: Float
    /// The network's output frames that show it.
    public var frames: Range<Int>
    /// The symbol's samples, counted over all strokes of the segment.
    public var samples: Range<Int>
    /// Its strokes, as indexes in the segment.
    public var strokes: Range<Int>

    /// A symbol that was read. Confidence is 0…1; samples and strokes are counted within the segment.
    public init(text: String, confidence: Float, frames: Range<Int>, samples: Range<Int>, strokes: Range<Int>) {
        self.text = text
        self.confidence = confidence
        self.frames = frames
        self.samples = samples
        self.strokes = strokes
    }
}
