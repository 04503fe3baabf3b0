import DuctusDrawing

/// The way of a pen from one turn of its height to the next: up or down once.
///
/// Most swings of writing span the x-height, so their lengths tell the size of the hand, and their middles the line, whatever the
/// strokes are: letters, words or pieces of letters.
package struct Swing: Equatable, Sendable {
    /// The middle between the two turns, in the units of the ink.
    package var x, y: Double
    /// The height of the swing, in the units of the ink.
    package var height: Double

    /// The swings of a stroke, each of at least `least` (in the units of the ink), so that trembling makes none. A stroke that stays lower has none.
    package static func swings(of points: [PlanePoint], least: Double) -> [Swing] {
        guard var low = points.first, var high = points.first else { return [] }
        var swings: [Swing] = []
        var turn: PlanePoint?
        var direction = 0.0
        func close(_ from: PlanePoint, _ to: PlanePoint) {
            swings.append(Swing(x: (from.x + to.x) / 2, y: (from.y + to.y) / 2, height: abs(to.y - from.y)))
        }
        for point in points {
            if direction == 0 {
                if point.y < low.y { low = point }
                if point.y > high.y { high = point }
                guard high.y - low.y >= least else { continue }
                direction = point == high ? 1 : -1
                turn = direction > 0 ? low : high
                if direction > 0 { low = point } else { high = point }
            } else if direction > 0 {
                if point.y >= high.y {
                    high = point
                } else if high.y - point.y >= least {
                    if let from = turn { close(from, high) }
                    turn = high
                    low = point
                    direction = -1
                }
            } else {
                if point.y <= low.y {
                    low = point
                } else if point.y - low.y >= least {
                    if let from = turn { close(from, low) }
                    turn = low
                    high = point
                    direction = 1
                }
            }
        }
        if let from = turn { close(from, direction > 0 ? high : low) }
        return swings
    }
}
