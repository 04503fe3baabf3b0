import Foundation

/// The cost of putting a stroke into a line, in units of log-likelihood. 0 is the best fit.
enum LineFit {
    /// The role of a stroke in its line.
    enum Kind {
        /// Letters, words and parts of them: they stand on the line.
        case body
        /// Dots, commas, apostrophes, bars: above, below or between.
        case small
        /// Single turns of the pen that may be either: commas, apostrophes, strokes of letters.
        case light
    }

    /// The height of dots and accents about the line's middle, in x-heights, y down.
    private static let above = -1.25
    /// The height of commas and stops, in x-heights.
    private static let below = 0.6
    /// The largest distance of a small stroke above its line, in x-heights.
    private static let top = 2.2
    /// The largest distance of a small stroke below its line, in x-heights.
    private static let foot = 1.6

    static func kind(of shape: StrokeShape, xHeight: Double) -> Kind {
        let width = shape.box.width / xHeight, height = shape.box.height / xHeight, turns = shape.swings.count
        // Short words in one stroke turn often, bars and dots do not.
        if height < 0.75, width < 2.2, turns <= 2 || height < 0.35 { return .small }
        if height < 0.5, width < 4.5, turns <= 1 { return .small }
        let isSingle = turns <= 1 && height < 1.4 && width < 1.2
        return isSingle ? .light : .body
    }

    /// The cost of the places of `shape` about `line`, in nats. `xHeight` is in the units of the ink.
    static func cost(of shape: StrokeShape, kind: Kind, on line: CentreLine, xHeight: Double) -> Double {
        switch kind {
        case .small:
            return smallCost((shape.box.midY - line.y(at: shape.box.midX)) / xHeight)
        case .light:
            let body = cost(of: shape, kind: .body, on: line, xHeight: xHeight)
            return min(body, 0.7 + smallCost((shape.box.midY - line.y(at: shape.box.midX)) / xHeight))
        case .body:
            guard !shape.swings.isEmpty else {
                return bodyCost(
                    offset: (shape.box.midY - line.y(at: shape.box.midX)) / xHeight,
                    height: shape.box.height / xHeight)
            }
            var sum = 0.0, total = 0.0
            for swing in shape.swings {
                let weight = min(1.5, swing.height / xHeight)
                let offset = (swing.y - line.y(at: swing.x)) / xHeight
                // The cost of a swing is bounded, but still lower for the nearer of two lines.
                sum += weight * min(bodyCost(offset: offset, height: swing.height / xHeight), 10 + 0.4 * abs(offset))
                total += weight
            }
            let ofSwings = sum / total * min(2, max(1, total.squareRoot()))
            guard shape.box.width < 3 * xHeight else { return ofSwings }
            // A letter with a hook far below its line stands on it all the same.
            let ofBox = bodyCost(
                offset: (shape.box.midY - line.y(at: shape.box.midX)) / xHeight, height: shape.box.height / xHeight)
            return min(ofSwings, ofBox + 0.4)
        }
    }

    /// A swing that is taller than the small letters may reach up or down: it costs only what it leaves of their band uncovered.
    private static func bodyCost(offset: Double, height: Double) -> Double {
        let allowed = max(0, min(2, (height - 1) / 2))
        let excess = max(0, abs(offset) - allowed)
        let off = excess / 0.55
        return (off < 4 ? 0.5 * off * off : 4 * off - 8) + 0.1 * max(0, abs(offset) - 0.5)
    }

    /// Dots, accents and apostrophes stand above, bars across, commas and stops at the foot: three places, the highest the commonest.
    private static func smallCost(_ offset: Double) -> Double {
        func normal(_ mean: Double, _ deviation: Double, _ share: Double) -> Double {
            let off = (offset - mean) / deviation
            return share / deviation * exp(-0.5 * off * off)
        }
        let density = normal(above, 0.5, 0.5) + normal(-0.3, 0.5, 0.3) + normal(below, 0.4, 0.2)
        let beyond = max(0, -top - offset, offset - foot)
        return min(-log(max(density, 1e-6)), 5) + 2.5 * beyond
    }
}
