import Foundation

/// Turns lines upright that slope more than normalization can take: removing a slope shears letters, and past some 14° they are read as others.
public enum SteepLine {
    /// Slopes below this, in radians, are left to normalization.
    static let gentlest = 0.245
    /// Slopes above this are no lines of writing that only slopes: single bars and columns of characters.
    static let steepest = 0.62
    /// The least ratio of length to height at which the direction of ink means anything.
    static let leastElongation = 3.4

    /// The strokes, turned about the first of them so that their line is level; nil where the line is not steep.
    ///
    /// - Parameter strokes: of one line; y down. Samples that are not finite stay as they are.
    public static func levelled(_ strokes: [Stroke]) -> [Stroke]? {
        guard let angle = angle(of: strokes) else { return nil }
        return strokes.turned(by: -angle)
    }

    /// The angle of the principal axis, weighted by arc length; nil where it is gentle or none.
    static func angle(of strokes: [Stroke]) -> Double? {
        guard let bounds = Bounds(around: strokes) else { return nil }
        let origin = (x: Double(bounds.midX), y: Double(bounds.midY))
        var length = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0
        for stroke in strokes {
            for (from, to) in zip(stroke.samples, stroke.samples.dropFirst()) {
                let a = (x: Double(from.x) - origin.x, y: Double(from.y) - origin.y)
                let b = (x: Double(to.x) - origin.x, y: Double(to.y) - origin.y)
                let piece = ((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)).squareRoot()
                guard piece.isFinite else { continue }
                let middle = (x: (a.x + b.x) / 2, y: (a.y + b.y) / 2)
                length += piece
                x += piece * middle.x
                y += piece * middle.y
                xx += piece * middle.x * middle.x
                xy += piece * middle.x * middle.y
                yy += piece * middle.y * middle.y
            }
        }
        guard length > 0 else { return nil }
        let varianceX = xx / length - x / length * (x / length), varianceY = yy / length - y / length * (y / length)
        let covariance = xy / length - x / length * (y / length)
        let angle = 0.5 * atan2(2 * covariance, varianceX - varianceY)
        guard abs(angle) > gentlest, abs(angle) < steepest else { return nil }
        let half = (varianceX + varianceY) / 2
        let spread = ((varianceX - varianceY) * (varianceX - varianceY) / 4 + covariance * covariance).squareRoot()
        guard half - spread <= 0 || (half + spread) / (half - spread) > leastElongation * leastElongation else {
            return nil
        }
        return angle
    }
}

extension [Stroke] {
    /// The strokes turned about their first sample by an angle in radians, clockwise as seen on the page (y down).
    public func turned(by angle: Double) -> [Stroke] {
        guard angle != 0, let centre = lazy.flatMap(\.samples).first(where: { $0.x.isFinite && $0.y.isFinite }) else {
            return self
        }
        let sine = sin(angle), cosine = cos(angle)
        return map { stroke in
            Stroke(
                stroke.samples.map { sample in
                    guard sample.x.isFinite, sample.y.isFinite else { return sample }
                    let dx = Double(sample.x) - Double(centre.x), dy = Double(sample.y) - Double(centre.y)
                    var turned = sample
                    turned.x = Float(Double(centre.x) + cosine * dx - sine * dy)
                    turned.y = Float(Double(centre.y) + sine * dx + cosine * dy)
                    return turned
                })
        }
    }
}
