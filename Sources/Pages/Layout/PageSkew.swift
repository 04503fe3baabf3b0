import DuctusDrawing
import Foundation

/// The angle by which the lines of a page slope.
package enum PageSkew {
    /// The steepest slope that is looked for, in degrees.
    static let steepest = 34
    /// The least ratio of the gathering at an angle to that without one. Short lists gather by chance.
    static let leastGain = 1.12

    /// The angle in radians by which lines go down to the right (y down); negative for lines that rise.
    ///
    /// Middles of swings are projected along each angle; writing gathers in bands, and most so along its lines (the projection
    /// profile, Postl 1986).
    package static func angle(of shapes: [StrokeShape], scale: InkScale) -> Double {
        var points: [PlanePoint] = []
        for shape in shapes where shape.box.width < 40 * scale.xHeight {
            for swing in shape.swings.prefix(24) where swing.height < 4 * scale.xHeight {
                points.append(PlanePoint(swing.x, swing.y))
            }
        }
        guard points.count >= 6 else { return 0 }
        let box = PlaneBox(around: points)
        let centred = points.map { PlanePoint($0.x - box.midX, $0.y - box.midY) }
        let reach = (box.width * box.width + box.height * box.height).squareRoot() / 2
        let bin = 0.25 * scale.xHeight
        let half = min(20_000, Int(reach / bin) + 3)
        var histogram = [Double](repeating: 0, count: 2 * half + 1)
        func gathering(_ degrees: Double) -> Double {
            for at in histogram.indices { histogram[at] = 0 }
            let sine = sin(degrees * .pi / 180), cosine = cos(degrees * .pi / 180)
            for point in centred {
                let place = (cosine * point.y - sine * point.x) / bin + Double(half)
                let cell = min(max(place, 1), Double(2 * half - 2))
                let low = Int(cell)
                histogram[low] += 1 - (cell - Double(low))
                histogram[low + 1] += cell - Double(low)
            }
            var sum = 0.0
            for at in 1..<histogram.count - 1 {
                let smooth = histogram[at - 1] + 2 * histogram[at] + histogram[at + 1]
                sum += smooth * smooth
            }
            return sum
        }
        let upright = gathering(0)
        var best = (degrees: 0.0, score: upright * leastGain)
        for degrees in stride(from: -Double(steepest), through: Double(steepest), by: 1) {
            let score = gathering(degrees)
            if score > best.score { best = (degrees, score) }
        }
        guard best.degrees != 0 else { return 0 }
        for tenths in -9...9 {
            let degrees = best.degrees + Double(tenths) / 10
            let score = gathering(degrees)
            if score > best.score { best = (degrees, score) }
        }
        return best.degrees * .pi / 180
    }
}
