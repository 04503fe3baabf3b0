import DuctusDrawing

/// Finds words that were struck or scribbled out, and the strokes that do it.
///
/// What strikes out crosses the letters: a bar through their middle, or a stroke that goes to and fro over them. Bars of letters cross one or
/// two stems, higher up.
struct StrikeOuts {
    /// The measure of heights about the lines, in the units of the ink: the x-height, more where the lines stand far apart.
    let unit: Double

    /// The strokes that are struck out in one line.
    struct Found: Equatable {
        /// The strokes that strike out.
        var bars: [Int] = []
        /// The strokes of what they strike out.
        var struck: [Int] = []
    }

    /// The least number of crossings of a bar with letters. Bars of two stems, as in H, cross twice.
    private static let leastCrossings = 3
    /// The least number of crossings of a scribble with letters.
    private static let leastScribbled = 5
    /// The least number of turns of the pen in a word that is one stroke. With fewer it is a letter with its bar.
    private static let leastSwings = 5
    /// The least share of a letter's width below the stroke that strikes it out.
    private static let leastCovered = 0.6

    /// - Parameters:
    ///   - line: strokes of a line.
    ///   - drawn: strokes that were taken for drawings. A long bar, which looks like a rule, may be among them.
    func find(in line: [Int], on centre: CentreLine, drawn: Set<Int>, _ shapes: [StrokeShape]) -> Found {
        var found = Found()
        for bar in line + drawn.sorted() {
            let isBar = isBar(shapes[bar], on: centre)
            guard isBar || isScribble(shapes[bar]) else { continue }
            let letters = line.filter { $0 != bar && isCovered(shapes[$0], by: shapes[bar]) }
            let crossed = letters.map { (stroke: $0, times: shapes[$0].crossings(with: shapes[bar])) }
                .filter { $0.times > 0 }
            let times = crossed.reduce(0) { $0 + $1.times }
            guard times >= (isBar ? Self.leastCrossings : Self.leastScribbled),
                !isBar || covers(crossed.map(\.stroke), shapes[bar], shapes),
                crossed.count > 1 || !isBar || shapes[crossed[0].stroke].swings.count >= Self.leastSwings
            else { continue }
            found.bars.append(bar)
            // Dots and accents go with their letters.
            found.struck += crossed.map(\.stroke) + letters.filter { isSmall(shapes[$0]) }
        }
        let bars = Set(found.bars)
        found.struck = Set(found.struck).subtracting(bars).sorted()
        return found
    }

    /// A straight stroke through the middle of the letters. Bars of t and rules below words are higher and lower.
    private func isBar(_ shape: StrokeShape, on centre: CentreLine) -> Bool {
        guard shape.straightness > 0.9, shape.box.width > 1.6 * unit, shape.box.height < 0.4 * shape.box.width,
            let first = shape.points.first, let last = shape.points.last
        else { return false }
        let ends = [first, last].map { ($0.y - centre.y(at: $0.x)) / unit }
        return ends.allSatisfy { abs($0) < 1.2 } && abs(ends[0] + ends[1]) / 2 < 0.5
    }

    /// A stroke that goes to and fro again and again, each time along most of itself.
    private func isScribble(_ shape: StrokeShape) -> Bool {
        guard shape.box.width > 1.2 * unit, shape.arc > 2.5 * shape.box.width else { return false }
        let sideways = Swing.swings(of: shape.points.map { PlanePoint($0.y, $0.x) }, least: 0.45 * shape.box.width)
        return sideways.count >= 5
    }

    private func isCovered(_ shape: StrokeShape, by bar: StrokeShape) -> Bool {
        let (a, b) = (shape.box, bar.box)
        let shared = min(a.maxX, b.maxX) - max(a.minX, b.minX)
        return shared >= Self.leastCovered * a.width && a.midX > b.minX && a.midX < b.maxX
    }

    private func isSmall(_ shape: StrokeShape) -> Bool {
        LineFit.kind(of: shape, xHeight: unit) == .small
    }

    /// Whether letters stand along most of the bar.
    private func covers(_ struck: [Int], _ bar: StrokeShape, _ shapes: [StrokeShape]) -> Bool {
        var reach = bar.box.minX, covered = 0.0
        for box in struck.map({ shapes[$0].box }).sorted(by: { $0.minX < $1.minX }) {
            let end = min(box.maxX, bar.box.maxX)
            covered += max(0, end - max(reach, box.minX))
            reach = max(reach, end)
        }
        return covered > 0.4 * bar.box.width
    }
}

extension StrokeShape {
    /// The number of crossings of the two strokes.
    func crossings(with other: StrokeShape) -> Int {
        guard box.gapX(to: other.box) == 0, box.gapY(to: other.box) == 0 else { return 0 }
        func side(_ p: PlanePoint, of a: PlanePoint, _ b: PlanePoint) -> Bool {
            (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0
        }
        var count = 0
        for (a, b) in zip(points, points.dropFirst()) {
            let piece = PlaneBox(around: [a, b])
            guard piece.gapX(to: other.box) == 0, piece.gapY(to: other.box) == 0 else { continue }
            for (c, d) in zip(other.points, other.points.dropFirst())
            where side(c, of: a, b) != side(d, of: a, b) && side(a, of: c, d) != side(b, of: c, d) { count += 1 }
        }
        return count
    }
}
