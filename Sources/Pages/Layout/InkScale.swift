/// The size of the hand on a page.
package struct InkScale: Equatable, Sendable {
    /// The height of small letters, about, in the units of the ink; above 0.
    package var xHeight: Double

    /// Measured on the strokes, whose swings are set on the way.
    package init(measuring shapes: inout [StrokeShape]) {
        let heights = shapes.filter { $0.points.count > 3 }.map(\.box.height).sorted()
        let extents = shapes.map { max($0.box.width, $0.box.height) }.sorted()
        var guess = heights.isEmpty ? 0 : heights[heights.count / 2]
        if guess <= 0 { guess = extents.last ?? 0 }
        guard guess > 0 else {
            xHeight = 1
            return
        }
        // A first guess tells trembling from swings, the second is measured on swings alone.
        for _ in 0..<2 {
            var lengths: [Double] = []
            for at in shapes.indices {
                shapes[at].swings = Swing.swings(of: shapes[at].points, least: 0.25 * guess)
                // A hatching or a graph is one stroke: no stroke has more than a word's share.
                lengths += shapes[at].swings.prefix(24).map(\.height)
            }
            lengths.sort()
            guard !lengths.isEmpty else { break }
            guess = lengths[lengths.count * 9 / 20]
        }
        xHeight = guess
    }
}
