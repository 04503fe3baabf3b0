import DuctusStreaming

/// A reading of one line of a live stream, as far as it is written.
///
/// A line gets any number of partial labels and then exactly one final label, which replaces them. Each label holds the whole line.
public struct Label: Sendable, Equatable {
    /// A symbol of the text with its confidence, the time in which it was written, its samples and its strokes.
    public typealias Symbol = LabelEvent.Symbol
    /// A run of a sensor's vectors with one label.
    public typealias Span = LabelEvent.Span
    /// Another reading, with its score.
    public typealias Alternative = LabelEvent.Alternative
    /// The rule that ended a line.
    public typealias Ending = LabelEvent.Ending

    /// The stream that it belongs to.
    public var stream: String
    /// Numbers the line within its stream; labels of one line have the same number.
    public var line: UInt64
    /// The line is over and was read as a whole.
    public var isFinal: Bool
    /// The reading of the whole line.
    public var text: String
    /// The beginning of ``text`` that later labels of this line keep, unless strokes are taken back.
    public var committed: String
    /// The symbols of ``text``, in order.
    public var symbols: [Symbol]
    /// Other readings, best first. Finals have them.
    public var alternatives: [Alternative]
    /// The numbers of the line's strokes, as the pen counts them from 0.
    public var strokes: [Int]
    /// For a model that labels every vector: the spans that became final since the label before, then those that may
    /// still change.
    public var spans: [Span]
    /// Why the line ended; nil in a partial.
    public var ending: Ending?
    /// Why the line could not be read, and ``text`` is empty; nil where it could.
    public var failure: String?

    /// The label that an event of a lane or of a daemon tells.
    package init(_ event: LabelEvent) {
        stream = event.stream.text
        line = event.segment
        isFinal = event.state == .final
        text = event.text
        committed = String(event.text.unicodeScalars.prefix(event.committed))
        symbols = event.symbols
        alternatives = event.alternatives
        strokes = event.strokes.map(Int.init)
        spans = event.spans
        ending = event.ending
        failure = event.failure
    }

    /// The label with the final spans of an earlier one that nobody took.
    func replacing(_ earlier: Label) -> Label {
        var label = self
        label.spans = earlier.spans.filter { $0.state == .final } + spans
        return label
    }
}
