/// The reading of a segment, as an event tells it.
package struct SegmentReading {
    package var text: String
    /// Unicode scalars of `text` that later partials do not change.
    package var committed: Int
    package var symbols: [LabelEvent.Symbol]
    package var spans: [LabelEvent.Span]
    package var alternatives: [LabelEvent.Alternative]

    package init(
        text: String = "", committed: Int = 0, symbols: [LabelEvent.Symbol] = [], spans: [LabelEvent.Span] = [],
        alternatives: [LabelEvent.Alternative] = []
    ) {
        self.text = text
        self.committed = committed
        self.symbols = symbols
        self.spans = spans
        self.alternatives = alternatives
    }

    static let nothing = SegmentReading()
}
