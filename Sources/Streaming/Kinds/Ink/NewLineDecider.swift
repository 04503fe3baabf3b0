import DuctusInk
import DuctusPages

/// Decides where the open segment's ink begins another line. It is given the strokes of one stream as they end.
///
/// The seam between the stream and the geometry of the page.
package protocol NewLineDecider: Sendable {
    /// Judges the newest stroke of the open ink, once it is whole.
    ///
    /// - Parameter cameBack: the pen had been out of reach just before it.
    /// - Returns: how many strokes each line has that has ended, oldest first; empty if the line goes on.
    mutating func judge(_ open: InkSegment, cameBack: Bool) -> [Int]
    /// The ink of another packet comes.
    mutating func beginPacket()
    /// The open ink ends for another reason.
    ///
    /// - Returns: how many strokes each line has that ended before its last one.
    mutating func end(_ open: InkSegment) -> [Int]
    /// The ink that comes now has nothing to do with what came before.
    mutating func restart()
    /// Strokes that were laid out so far, each as often as it was: the work of deciding.
    var laidOut: Int { get }
    /// Bytes that it occupies, about.
    var byteCount: Int { get }
}

/// Decides by the lines of the page, as the page reader does.
package struct PageDecider: NewLineDecider {
    private var lines = LiveLines()

    package init() {}

    package mutating func judge(_ open: InkSegment, cameBack: Bool) -> [Int] {
        let count = open.spans.count
        guard count > 0 else { return [] }
        return lines.add(open.samples(ofStroke: count - 1), cameBack: cameBack, count: count) { open.strokes }
    }

    package mutating func beginPacket() { lines.renewBudget() }

    package mutating func end(_ open: InkSegment) -> [Int] { lines.end(open.strokes) }

    package mutating func restart() { lines.restart() }

    package var laidOut: Int { lines.laidOut }
    package var byteCount: Int { lines.byteCount }
}
