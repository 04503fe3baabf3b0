import DuctusDrawing

/// A stroke as the layout sees it: its points in the page's upright frame, and measures of them. Places and lengths are in the units of the ink,
/// y down.
package struct StrokeShape: Sendable {
    /// The stroke's index on the page.
    package var index: Int
    /// The places of its samples, those that are finite.
    package var points: [PlanePoint]
    /// The smallest box around `points`.
    package var box: PlaneBox
    /// Length of the way the pen went.
    package var arc: Double
    /// The swings up and down; see ``Swing``.
    package var swings: [Swing] = []
    /// The mean place, weighted by arc length.
    package var centre: PlanePoint

    package init(index: Int, points: [PlanePoint]) {
        self.index = index
        self.points = points
        box = PlaneBox(around: points)
        var arc = 0.0, x = 0.0, y = 0.0
        for (from, to) in zip(points, points.dropFirst()) {
            let length = from.distance(to: to)
            arc += length
            x += length * (from.x + to.x) / 2
            y += length * (from.y + to.y) / 2
        }
        self.arc = arc
        centre = arc > 0 ? PlanePoint(x / arc, y / arc) : PlanePoint(box.midX, box.midY)
    }

    /// The same stroke, turned about the origin.
    package func turned(cosine: Double, sine: Double) -> StrokeShape {
        StrokeShape(index: index, points: points.map { $0.turned(cosine: cosine, sine: sine) })
    }

    /// The distance of the ends over the length of the arc: 1 for a straight line, near 0 for a closed curve.
    package var straightness: Double {
        guard let first = points.first, let last = points.last, arc > 0 else { return 0 }
        return first.distance(to: last) / arc
    }

    /// The way around the stroke's box.
    package var around: Double { 2 * (box.width + box.height) }

    /// Whether the stroke ends near where it began.
    package var isClosed: Bool { straightness * arc < 0.1 * around }

    /// The smallest distance of the two strokes' points, as far as it is below `limit`.
    package func distance(to other: StrokeShape, below limit: Double) -> Double {
        guard box.gapX(to: other.box) < limit, box.gapY(to: other.box) < limit else { return limit }
        var least = limit * limit
        for a in points {
            for b in other.points {
                let dx = a.x - b.x, dy = a.y - b.y
                least = min(least, dx * dx + dy * dy)
            }
        }
        return least.squareRoot()
    }
}
