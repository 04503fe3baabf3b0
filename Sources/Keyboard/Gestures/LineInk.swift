import DuctusInk

/// The strokes of the open segment, for what gestures need of them: how high they are, and which of them a scratch covers.
package struct LineInk: Sendable {
    private var strokes: [(number: UInt32, box: Bounds)] = []
    /// Heights of the latest strokes, of earlier segments too: a gesture may be the first stroke of a segment.
    private var heights: [Float] = []
    /// The usual height of strokes, for a line without ink; nil where it is unknown.
    private let usualHeight: Float?

    private static let remembered = 24

    /// - Parameter unitsPerMillimetre: Of the pen's device; nil: unknown. Then a gesture needs ink before it.
    package init(unitsPerMillimetre: Float?) {
        // A letter of the usual size with what rises above it.
        usualHeight = unitsPerMillimetre.map { $0 * 5 }
    }

    package var isEmpty: Bool { strokes.isEmpty }

    /// The height of strokes on this line; nil where it is unknown. The median, leaving out dots and bars where there is more.
    package var unit: Float? {
        let sorted = heights.sorted()
        guard let tallest = sorted.last, tallest > 0 else { return usualHeight }
        let letters = sorted.filter { $0 >= 0.25 * tallest }
        return letters[letters.count / 2]
    }

    package mutating func append(_ stroke: Stroke, number: UInt32) {
        guard let box = stroke.bounds else { return }
        strokes.append((number, box))
        heights.append(box.maxY - box.minY)
        if heights.count > Self.remembered { heights.removeFirst() }
    }

    /// Strokes that lie for the greater part under the scratch; they are forgotten here.
    package mutating func remove(under scratch: Stroke) -> [UInt32] {
        guard let box = scratch.bounds else { return [] }
        let covered = strokes.filter { Self.share(of: $0.box, under: box) > 0.5 }.map(\.number)
        strokes.removeAll { covered.contains($0.number) }
        return covered
    }

    /// Forgets the latest strokes and gives their numbers; all, where `count` is 0.
    mutating func removeLast(_ count: Int) -> [UInt32] {
        let removed = count > 0 ? Array(strokes.suffix(count)) : strokes
        strokes.removeLast(removed.count)
        return removed.map(\.number)
    }

    /// The segment has ended.
    package mutating func beginSegment() { strokes = [] }

    private static func share(of box: Bounds, under scratch: Bounds) -> Float {
        // A dot or a bar has a side of no length: it counts as one unit.
        func overlap(_ from: Float, _ to: Float, _ low: Float, _ high: Float) -> Float {
            max(0, min(to, high) - max(from, low) + 1) / (to - from + 1)
        }
        return min(1, overlap(box.minX, box.maxX, scratch.minX, scratch.maxX))
            * min(1, overlap(box.minY, box.maxY, scratch.minY, scratch.maxY))
    }
}
