/// The packets that a pen of a cell keeps until their finals have come, because another daemon may have to read the
/// segment from its begin.
///
/// The packets are sent again unchanged, behind a hello with the number before the first. A daemon that has them drops
/// them as repeated; one that begins with them misses nothing.
package struct KeptInput: Sendable {
    private struct Entry: Sendable {
        var sequence: UInt64
        var payload: [UInt8]
        /// The last stroke of which it has a sample with contact; nil: it has none.
        var stroke: UInt32?
        var endsSegment: Bool
    }

    /// The bytes that are kept. A line of ink has some ten thousand; a pen that fills the limit without a final is read by nobody.
    private let limit: Int
    private var entries: [Entry] = []
    private var byteCount = 0

    /// - Parameter limit: bytes; beyond them the oldest is let go.
    package init(limit: Int = 8 << 20) { self.limit = limit }

    package var isEmpty: Bool { entries.isEmpty }

    /// Keeps a packet that is being sent.
    ///
    /// - Parameters:
    ///   - stroke: the last stroke of which it has a sample with contact.
    ///   - endsSegment: whether it says that the segment is over.
    package mutating func keep(_ payload: [UInt8], sequence: UInt64, stroke: UInt32? = nil, endsSegment: Bool = false) {
        // Packets that belong to no segment need not be sent again.
        if entries.isEmpty, endsSegment { return }
        entries.append(Entry(sequence: sequence, payload: payload, stroke: stroke, endsSegment: endsSegment))
        byteCount += payload.count
        while byteCount > limit, entries.count > 1 { drop(through: 0) }
    }

    /// A final of these strokes came: it need not be read again.
    package mutating func release(strokes: [UInt32]) {
        guard let last = strokes.max(), var place = entries.lastIndex(where: { $0.stroke.map { $0 <= last } ?? false })
        else { return }
        // Packets between two lines belong to the first.
        while place + 1 < entries.count, entries[place + 1].stroke == nil { place += 1 }
        drop(through: place)
    }

    /// A final came of input that has no strokes: its segment ended as its sender said.
    package mutating func releaseFirstSegment() {
        if let place = entries.firstIndex(where: \.endsSegment) { drop(through: place) }
    }

    private mutating func drop(through place: Int) {
        byteCount -= entries[...place].reduce(0) { $0 + $1.payload.count }
        entries.removeFirst(place + 1)
    }

    /// The number of the hello that goes before, and what to send after it; nil where nothing is kept.
    package var again: (hello: UInt64, payloads: [[UInt8]])? {
        guard let first = entries.first else { return nil }
        return (first.sequence &- 1, entries.map(\.payload))
    }
}
