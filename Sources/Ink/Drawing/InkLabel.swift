/// A text to be drawn under the ink that it was read from.
///
/// As JSON: `{"text": "a", "samples": [0, 31], "strokes": [0, 1], "confidence": 0.93}`, all but the text optional; ranges
/// are first and last + 1, samples counted over all strokes.
public struct InkLabel: Sendable, Equatable, Codable {
    /// The text that is drawn.
    public var text: String
    /// The label's samples, counted over all strokes of the segment.
    public var samples: Range<Int>?
    /// The label's strokes, which count if the samples are not known.
    public var strokes: Range<Int>?
    /// The probability that it is right, 0…1.
    public var confidence: Float?

    /// A label for samples or strokes; without either it stands for the whole segment.
    public init(_ text: String, samples: Range<Int>? = nil, strokes: Range<Int>? = nil, confidence: Float? = nil) {
        self.text = text
        self.samples = samples
        self.strokes = strokes
        self.confidence = confidence
    }

    /// The samples of `ink` that the label belongs to; ranges beyond the ink are cut off.
    func places(in ink: [Stroke]) -> [Sample] {
        if let samples {
            var places: [Sample] = []
            var first = 0
            for stroke in ink {
                let wanted = samples.clamped(to: first..<first + stroke.samples.count)
                places += stroke.samples[(wanted.lowerBound - first)..<(wanted.upperBound - first)]
                first += stroke.samples.count
            }
            return places
        }
        return (strokes ?? 0..<0).clamped(to: ink.indices).flatMap { ink[$0].samples }
    }
}

/// A recognizer's reading of one line, as `ductus recognize --json` prints it.
public struct LabeledReading: Sendable, Equatable, Codable {
    public var id: String?
    /// The text of the reading.
    public var text: String
    public var symbols: [InkLabel]

    /// A reading of the ink with that name; nil: of the only one.
    public init(id: String? = nil, text: String, symbols: [InkLabel]) {
        self.id = id
        self.text = text
        self.symbols = symbols
    }
}
