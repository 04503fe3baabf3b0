import DuctusInk
import DuctusStreaming
import DuctusTablet

/// What came of a pen before it was known whether the field may have it, in the order in which it came.
struct HeldNews {
    enum Item: Sendable {
        case pen([PenAction])
        /// What another pen wrote.
        case label(LabelEvent)
        case stroke(Stroke)
        case cancelStrokes(Int)
    }

    private var items: [(item: Item, at: Int64)] = []

    /// A pen that reports a thousand times a second fills this in four.
    private static let capacity = 4096

    var isEmpty: Bool { items.isEmpty }

    mutating func append(_ item: Item, at time: Int64) {
        // Beyond it nothing sensible can be made of the rest either.
        guard items.count < Self.capacity else { return }
        items.append((item, time))
    }

    mutating func takeAll() -> [(item: Item, at: Int64)] {
        defer { items = [] }
        return items
    }
}
