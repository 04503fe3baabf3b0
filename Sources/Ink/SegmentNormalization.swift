/// The map from device units to normalized units, one for a whole segment: its slope removed, y centred and pointing up,
/// both axes divided by the deviation of y.
public struct SegmentNormalization: Codable, Equatable, Sendable {
    /// Rise of the line per x, device units, y down.
    public var slope: Float = 0
    /// The place that becomes (0, 0), device units.
    public var originX: Float = 0
    /// The y that becomes 0, in the units of the ink.
    public var originY: Float = 0
    /// Device units per normalized unit, above 0.
    public var scale: Float = 1

    /// Keeps places as they are, but for y, which then grows up.
    public init() {}

    /// A normalization: the line's slope, the origin, and how many device units make one normalized unit.
    public init(slope: Float, originX: Float, originY: Float, scale: Float) {
        self.slope = slope
        self.originX = originX
        self.originY = originY
        self.scale = scale
    }

    /// The normalization of the ink of `strokes`, dirty samples left out.
    public init(of strokes: some Sequence<Stroke>, _ configuration: FeatureConfiguration = FeatureConfiguration()) {
        var cleaner = SampleCleaner()
        var moments = InkMoments()
        var points: [CleanPoint] = []
        for stroke in strokes {
            points.removeAll(keepingCapacity: true)
            for sample in stroke.samples { cleaner.append(sample, index: 0, to: &points) }
            cleaner.penUp(to: &points)
            for point in points { moments.append(x: point.x, y: point.y) }
            moments.penUp()
        }
        self = moments.normalization(configuration)
    }

    /// Turns device units into normalized units.
    @inline(__always)
    public func apply(x: Float, y: Float) -> (x: Float, y: Float) {
        let dx = x - originX
        return (dx / scale, (slope * dx - (y - originY)) / scale)
    }

    /// The distance of `other` from this normalization for ink that fills `bounds`: the larger of the relative
    /// difference in scale and half the largest distance of the two baselines over the ink's width, in units of this
    /// scale.
    ///
    /// 0.15, the limit at which an open segment is rebuilt, is 15 % in scale or a third of a unit in height.
    public func drift(to other: SegmentNormalization, over bounds: Bounds) -> Float {
        let ofScale = max(other.scale / scale, scale / other.scale) - 1
        func distance(_ x: Float) -> Float {
            let here = originY + slope * (x - originX)
            let there = other.originY + other.slope * (x - other.originX)
            return abs(here - there) / scale
        }
        return max(ofScale, max(distance(bounds.minX), distance(bounds.maxX)) / 2)
    }
}
