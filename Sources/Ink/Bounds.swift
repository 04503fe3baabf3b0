/// A box whose sides are parallel to the axes, in the units of the samples it was made from.
public struct Bounds: Equatable, Sendable {
    /// The edges in the units of the ink; y grows downward.
    public var minX, minY, maxX, maxY: Float

    /// A box by its least and largest coordinates.
    public init(minX: Float, minY: Float, maxX: Float, maxY: Float) {
        self.minX = minX
        self.minY = minY
        self.maxX = maxX
        self.maxY = maxY
    }

    /// The smallest box around all finite samples of `strokes`; nil if there is none.
    public init?(around strokes: some Sequence<Stroke>) {
        self.init(minX: .infinity, minY: .infinity, maxX: -.infinity, maxY: -.infinity)
        for stroke in strokes {
            for sample in stroke.samples where sample.x.isFinite && sample.y.isFinite {
                include(x: sample.x, y: sample.y)
            }
        }
        guard minX <= maxX else { return nil }
    }

    /// The extent in x, in the units of the ink.
    public var width: Float { maxX - minX }
    /// The extent in y, in the units of the ink.
    public var height: Float { maxY - minY }
    /// The middle in x.
    public var midX: Float { minX + width / 2 }
    /// The middle in y.
    public var midY: Float { minY + height / 2 }

    /// Grows the box so that it holds the point.
    public mutating func include(x: Float, y: Float) {
        minX = min(minX, x)
        maxX = max(maxX, x)
        minY = min(minY, y)
        maxY = max(maxY, y)
    }

    /// The smallest box around both.
    public func union(_ other: Bounds) -> Bounds {
        Bounds(
            minX: min(minX, other.minX), minY: min(minY, other.minY),
            maxX: max(maxX, other.maxX), maxY: max(maxY, other.maxY))
    }
}
