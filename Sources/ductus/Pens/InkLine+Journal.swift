import DuctusInk
import DuctusWire

extension InkLine {
    /// A pen's segment of the journal as a line of ink.
    init(_ entry: WireJournalEntry) throws {
        var strokes: [Stroke] = []
        var open: [Sample] = []
        for sample in try entry.ink.samples() {
            if sample.contact {
                open.append(sample.sample)
            } else if !open.isEmpty {
                strokes.append(Stroke(open))
                open = []
            }
        }
        if !open.isEmpty { strokes.append(Stroke(open)) }
        self.init(
            id: "\(entry.stream)/\(entry.segment)", source: "corrections",
            writer: entry.writer.isEmpty ? nil : entry.writer,
            language: nil, text: entry.text, strokes: strokes)
    }
}
