import DuctusInk

/// Where the ink of a segment lies, kept up sample by sample: extent, slope and deviation, weighted by arc length as the features are.
/// The endpoint rules see the page through it.
package struct LineExtent {
    private(set) var minX = Float.infinity
    private(set) var maxX = -Float.infinity
    private(set) var minY = Float.infinity
    private(set) var maxY = -Float.infinity
    private(set) var arc = 0.0
    // Arc-weighted moments about the first point, in double: device units may be large.
    private var origin: (x: Double, y: Double)?
    private var sumX = 0.0, sumY = 0.0, sumXX = 0.0, sumXY = 0.0, sumYY = 0.0

    package init() {}

    /// Adds a point; `previous` is the one before it on the same stroke.
    package mutating func add(_ point: Sample, after previous: Sample?) {
        minX = min(minX, point.x)
        maxX = max(maxX, point.x)
        minY = min(minY, point.y)
        maxY = max(maxY, point.y)
        let origin = self.origin ?? (Double(point.x), Double(point.y))
        self.origin = origin
        guard let previous else { return }
        let dx = Double(point.x) - Double(previous.x), dy = Double(point.y) - Double(previous.y)
        let length = (dx * dx + dy * dy).squareRoot()
        let x = (Double(point.x) + Double(previous.x)) / 2 - origin.x
        let y = (Double(point.y) + Double(previous.y)) / 2 - origin.y
        arc += length
        sumX += length * x
        sumY += length * y
        sumXX += length * x * x
        sumXY += length * x * y
        sumYY += length * y * y
    }

    var width: Float { max(0, maxX - minX) }
    var height: Float { max(0, maxY - minY) }

    /// The line's slope, 0 where it is too short to tell.
    var slope: Double {
        guard arc > 0, width > 3 * height else { return 0 }
        let varianceX = sumXX / arc - (sumX / arc) * (sumX / arc)
        guard varianceX > 0 else { return 0 }
        let covariance = sumXY / arc - (sumX / arc) * (sumY / arc)
        return min(0.35, max(-0.35, covariance / varianceX))
    }

    /// Deviation of y about the line.
    var deviation: Double {
        guard arc > 0 else { return 0 }
        let slope = self.slope
        let varianceX = max(0, sumXX / arc - (sumX / arc) * (sumX / arc))
        let varianceY = max(0, sumYY / arc - (sumY / arc) * (sumY / arc))
        let covariance = sumXY / arc - (sumX / arc) * (sumY / arc)
        let about = max(0, varianceY - 2 * slope * covariance + slope * slope * varianceX)
        return about.squareRoot()
    }

    /// How far below the line a point lies (y grows down).
    func depth(x: Double, y: Double) -> Double {
        guard let origin, arc > 0 else { return 0 }
        return (y - origin.y - sumY / arc) - slope * (x - origin.x - sumX / arc)
    }
}
