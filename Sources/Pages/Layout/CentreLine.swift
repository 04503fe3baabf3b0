import Foundation

/// The centre line of a text line's small letters: a straight line that leans towards the page's slope, and the hand's deviation from it.
package struct CentreLine: Equatable, Sendable {
    /// The x at which the straight part has the y `height`. Places are in the units of the ink, y down.
    private(set) var middle = 0.0
    /// The y of the straight part at `middle`.
    private(set) var height = 0.0
    /// The rise of y per x of the straight part.
    package private(set) var slope = 0.0
    /// The x of the first number of `wander`, and the distance of two, in the units of the ink.
    private var start = 0.0
    private var step = 1.0
    /// The offset from the y of the straight part, for each step from `start`, in the units of the ink.
    private var wander: [Double] = []

    /// A place that the line runs through, in the units of the ink, and its weight, 1 for a usual swing.
    struct Support {
        var x, y, weight: Double
    }

    /// The deviation of a line's own slope (rise of y per x) from that of the page.
    private static let slopeDeviation = 0.06
    /// The usual distance of letters from their line, in x-heights.
    private static let noise = 0.7

    /// The line through the places of `support`, which holds at least one.
    ///
    /// - Parameters:
    ///   - xHeight: the height of small letters, in the units of the ink.
    ///   - leaning: the slope of the page's lines, rise of y per x.
    init(through support: [Support], xHeight: Double, leaning: Double = 0) {
        var weights = support.map(\.weight)
        for _ in 0..<4 {
            fitStraight(support, weights, xHeight: xHeight, leaning: leaning)
            for at in support.indices {
                let off = abs(support[at].y - straight(support[at].x)) / xHeight
                // Huber's weights: places farther off pull no more than those at 0.7 x-heights.
                weights[at] = support[at].weight * (off > 0.7 ? 0.7 / off : 1)
            }
        }
        fitWander(support, weights, xHeight: xHeight)
    }

    /// The height of the line's middle at x.
    package func y(at x: Double) -> Double {
        let place = (x - start) / step
        guard place > 0, !wander.isEmpty, place < Double(wander.count - 1) else {
            return straight(x) + (place <= 0 ? wander.first ?? 0 : wander.last ?? 0)
        }
        let low = Int(place), share = place - Double(low)
        return straight(x) + wander[low] * (1 - share) + wander[low + 1] * share
    }

    private func straight(_ x: Double) -> Double { height + slope * (x - middle) }

    private mutating func fitStraight(
        _ support: [Support], _ weights: [Double], xHeight: Double, leaning: Double
    ) {
        var sum = 0.0, sumX = 0.0, sumY = 0.0
        for (place, weight) in zip(support, weights) {
            sum += weight
            sumX += weight * place.x
            sumY += weight * place.y
        }
        guard sum > 0 else { return }
        middle = sumX / sum
        height = sumY / sum
        var xx = 0.0, xy = 0.0
        for (place, weight) in zip(support, weights) {
            xx += weight * (place.x - middle) * (place.x - middle)
            xy += weight * (place.x - middle) * (place.y - height)
        }
        let ratio = Self.noise * xHeight / Self.slopeDeviation
        slope = (xy + ratio * ratio * leaning) / (xx + ratio * ratio)
    }

    private mutating func fitWander(_ support: [Support], _ weights: [Double], xHeight: Double) {
        guard let left = support.map(\.x).min(), let right = support.map(\.x).max() else { return }
        step = 2 * xHeight
        let count = min(4_096, Int((right - left) / step) + 2)
        step = max(step, (right - left) / Double(count - 1))
        start = left
        var sums = [Double](repeating: 0, count: count), mass = sums
        for (place, weight) in zip(support, weights) {
            let cell = min(count - 1, Int((place.x - start) / step + 0.5))
            sums[cell] += weight * (place.y - straight(place.x))
            mass[cell] += weight
        }
        // A word's length each way; a prior of some letters that it does not wander.
        let half = max(1, Int((5 * xHeight / step).rounded()))
        wander = (0..<count).map { at in
            var sum = 0.0, total = 4.0
            for other in max(0, at - 2 * half)...min(count - 1, at + 2 * half) {
                let far = Double(other - at) / Double(half)
                let kernel = exp(-0.5 * far * far * 2)
                sum += kernel * sums[other]
                total += kernel * mass[other]
            }
            return sum / total
        }
    }
}
