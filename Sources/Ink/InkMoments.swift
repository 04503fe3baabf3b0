/// Sums over ink from which slope, centre and scale follow at any time: the moments of place up to the second, weighted by
/// arc length, so that a slow pen or a fast device counts no more than another.
///
/// Each piece between two samples contributes its exact integral. Constant work per sample.
public struct InkMoments: Sendable {
    /// Length of the ink, device units.
    public private(set) var length = 0.0
    /// The box around all points; nil while there is none.
    public private(set) var bounds: Bounds?
    /// Width of the widest stroke, device units.
    public private(set) var widestStroke: Float = 0

    /// The first point: sums are taken relative to it, or far-away ink would lose its digits.
    private var origin: (x: Double, y: Double) = (0, 0)
    private var sums = Sums()
    /// The same over points, for ink without length: dots.
    private var pointSums = Sums()
    private var points = 0.0
    private var previous: (x: Double, y: Double)?
    private var strokeMinX: Float = 0
    private var strokeMaxX: Float = 0

    private struct Sums {
        var x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0
    }

    /// The moments of no ink.
    public init() {}

    /// Takes the next point of the open stroke. Both coordinates must be finite.
    public mutating func append(x: Float, y: Float) {
        if bounds == nil {
            origin = (Double(x), Double(y))
            bounds = Bounds(minX: x, minY: y, maxX: x, maxY: y)
        }
        bounds?.include(x: x, y: y)
        let q = (x: Double(x) - origin.x, y: Double(y) - origin.y)
        points += 1
        pointSums.x += q.x
        pointSums.y += q.y
        pointSums.xx += q.x * q.x
        pointSums.xy += q.x * q.y
        pointSums.yy += q.y * q.y
        if let p = previous {
            strokeMinX = min(strokeMinX, x)
            strokeMaxX = max(strokeMaxX, x)
            widestStroke = max(widestStroke, strokeMaxX - strokeMinX)
            let dx = q.x - p.x
            let dy = q.y - p.y
            let piece = (dx * dx + dy * dy).squareRoot()
            length += piece
            sums.x += piece * (p.x + q.x) / 2
            sums.y += piece * (p.y + q.y) / 2
            sums.xx += piece * (p.x * p.x + p.x * q.x + q.x * q.x) / 3
            sums.yy += piece * (p.y * p.y + p.y * q.y + q.y * q.y) / 3
            sums.xy += piece * (2 * (p.x * p.y + q.x * q.y) + p.x * q.y + q.x * p.y) / 6
        } else {
            strokeMinX = x
            strokeMaxX = x
        }
        previous = q
    }

    /// Ends the open stroke: the next point is not connected to the last.
    public mutating func penUp() {
        previous = nil
    }

    /// Slope, centre and scale of the ink so far; the identity where there is none.
    public func normalization(_ configuration: FeatureConfiguration) -> SegmentNormalization {
        guard let bounds else { return SegmentNormalization() }
        let weight = length > 0 ? length : points
        let s = length > 0 ? sums : pointSums
        let mean = (x: s.x / weight, y: s.y / weight)
        let varianceX = max(0, s.xx / weight - mean.x * mean.x)
        let varianceY = max(0, s.yy / weight - mean.y * mean.y)
        let covariance = s.xy / weight - mean.x * mean.y
        var slope = 0.0
        if bounds.width > configuration.slopeMinimumAspect * bounds.height, varianceX > 0 {
            let limit = Double(configuration.slopeLimit)
            slope = min(max(covariance / varianceX, -limit), limit)
        }
        let variance = varianceY - 2 * slope * covariance + slope * slope * varianceX
        let floor = max(
            configuration.scaleFloorOfStroke * widestStroke, configuration.scaleFloorOfSegment * bounds.width)
        var scale = max(Float(max(0, variance).squareRoot()), floor)
        // One point has no size; so has ink so small that Float cannot tell its points apart.
        if scale < 1e-6 { scale = 1 }
        return SegmentNormalization(
            slope: Float(slope), originX: Float(mean.x + origin.x), originY: Float(mean.y + origin.y), scale: scale)
    }
}
