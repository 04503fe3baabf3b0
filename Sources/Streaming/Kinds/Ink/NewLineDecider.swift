import DuctusInk
import DuctusPages

/// Tells whether a stroke begins another line than the open segment's. Sees the strokes of one stream as they end.
///
/// The seam between the stream and the geometry of the page.
package protocol NewLineDecider: Sendable {
    /// Takes the newest stroke, now that it is whole.
    ///
    /// - Parameter cameBack: the pen had been out of reach just before it.
    /// - Returns: how many of the newest strokes begin another line; 0 if the line goes on.
    mutating func judge(_ stroke: ArraySlice<Sample>, cameBack: Bool) -> Int
    /// The ink that comes now has nothing to do with what came before.
    mutating func restart()
    /// Bytes that it occupies, about.
    var byteCount: Int { get }
}

/// Decides by the lines of the page, as the page reader does.
package struct PageDecider: NewLineDecider {
    private var page = LivePage()

    package init() {}

    package mutating func judge(_ stroke: ArraySlice<Sample>, cameBack: Bool) -> Int {
        let decision = page.add(stroke, cameBack: cameBack)
        return decision.place == .sameLine ? 0 : decision.strokes
    }

    package mutating func restart() { page = LivePage() }

    package var byteCount: Int { page.byteCount }
}
