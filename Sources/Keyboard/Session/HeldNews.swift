import DuctusInk
import DuctusStreaming
import DuctusTablet

/// The pens' actions that came before it was known whether the field may be written into, in their order.
struct HeldNews {
    enum Item: Sendable {
        case pen([PenAction])
        /// Ink of another pen.
        case label(LabelEvent)
        case stroke(Stroke)
        case cancelStrokes(Int)
    }

    private var items: [(item: Item, at: Int64)] = []

    /// A pen that reports a thousand times a second fills this in four.
    private static let capacity = 4096

    var isEmpty: Bool { items.isEmpty }

    mutating func append(_ item: Item, at time: Int64) {
        // If more was held, the rest makes no sense either.
        guard items.count < Self.capacity else { return }
        items.append((item, time))
    }

    mutating func takeAll() -> [(item: Item, at: Int64)] {
        defer { items = [] }
        return items
    }
}
