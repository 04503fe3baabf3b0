import DuctusDrawing

/// Finds words that were struck or scribbled out, and the strokes that do it.
struct StrikeOuts {
    let unit: Double

    /// What is struck out in one line.
    struct Found: Equatable {
        /// The strokes that strike out.
        var bars: [Int] = []
        /// The strokes of what they strike out.
        var struck: [Int] = []
    }

    /// - Parameters:
    ///   - line: strokes of a line.
    ///   - drawn: strokes that are held for drawings: a long bar looks like a rule.
    func find(in line: [Int], on centre: CentreLine, drawn: Set<Int>, _ shapes: [StrokeShape]) -> Found {
        var found = Found()
        for bar in line + drawn.sorted() {
            let struck: [Int]
            if isBar(shapes[bar], on: centre) {
                struck = line.filter { $0 != bar && isCrossed(shapes[$0], by: shapes[bar]) }
                guard isWord(struck, shapes), covers(struck, shapes[bar], shapes) else { continue }
            } else if isScribble(shapes[bar]) {
                struck = line.filter { $0 != bar && isBelow(shapes[$0], shapes[bar]) }
                guard !struck.isEmpty else { continue }
            } else {
                continue
            }
            found.bars.append(bar)
            found.struck += struck
        }
        let bars = Set(found.bars)
        found.struck = Set(found.struck).subtracting(bars).sorted()
        return found
    }

    /// A straight stroke through the middle of the letters. Bars of t and rules below words are higher and lower.
    private func isBar(_ shape: StrokeShape, on centre: CentreLine) -> Bool {
        guard shape.straightness > 0.93, shape.box.width > 3.2 * unit, shape.box.height < 0.3 * shape.box.width,
            let first = shape.points.first, let last = shape.points.last
        else { return false }
        let ends = [first, last].map { ($0.y - centre.y(at: $0.x)) / unit }
        return ends.allSatisfy { abs($0) < 0.7 } && abs(ends[0] + ends[1]) / 2 < 0.35
    }

    private func isCrossed(_ shape: StrokeShape, by bar: StrokeShape) -> Bool {
        shape.box.midX > bar.box.minX && shape.box.midX < bar.box.maxX && shape.box.minY < bar.box.midY
            && shape.box.maxY > bar.box.midY && shape.box.height > 0.4 * unit
    }

    private func isWord(_ struck: [Int], _ shapes: [StrokeShape]) -> Bool {
        struck.count >= 3 || struck.contains { shapes[$0].swings.count >= 5 }
    }

    /// Whether letters stand along most of the bar.
    private func covers(_ struck: [Int], _ bar: StrokeShape, _ shapes: [StrokeShape]) -> Bool {
        var reach = bar.box.minX, covered = 0.0
        for box in struck.map({ shapes[$0].box }).sorted(by: { $0.minX < $1.minX }) {
            let end = min(box.maxX, bar.box.maxX)
            covered += max(0, end - max(reach, box.minX))
            reach = max(reach, end)
        }
        return covered > 0.6 * bar.box.width
    }

    /// A stroke that goes to and fro over one place again and again.
    private func isScribble(_ shape: StrokeShape) -> Bool {
        shape.swings.count >= 7 && shape.box.width > 1.5 * unit
            && shape.arc > 4.5 * (shape.box.width + shape.box.height)
    }

    private func isBelow(_ shape: StrokeShape, _ scribble: StrokeShape) -> Bool {
        let (a, b) = (shape.box, scribble.box)
        let width = min(a.maxX, b.maxX) - max(a.minX, b.minX), height = min(a.maxY, b.maxY) - max(a.minY, b.minY)
        return width > 0.7 * a.width && height > 0.5 * a.height
    }
}
