import DuctusInk
import Foundation

/// Strokes whose form matters, and not what they say.
enum SketchedInk {
    /// A word in one stroke, 20 units high: so many turns up and down, 16 units wide each.
    static func word(_ x: Float, _ y: Float, turns: Int) -> Stroke {
        Stroke(
            (0...turns * 4).map {
                Sample(x: x + 4 * Float($0), y: y + 10 + 10 * Float(sin(Double($0) * .pi / 2)), time: nil)
            })
    }

    /// Straight lines from point to point.
    static func path(_ corners: [(x: Float, y: Float)]) -> Stroke {
        var samples = zip(corners, corners.dropFirst()).flatMap { from, to in
            (0..<8).map { step in
                let share = Float(step) / 8
                return Sample(
                    x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y), time: nil)
            }
        }
        if let last = corners.last { samples.append(Sample(x: last.x, y: last.y, time: nil)) }
        return Stroke(samples)
    }
}
