import DuctusDrawing

/// Words above a line that belong into it.
package struct Insertion: Equatable, Sendable {
    /// The words' strokes.
    package var strokes: [Int]
    /// The line's strokes that stand before the words.
    package var leading: [Int]
}

/// Tells corrections above a line from lines: a few words that are squeezed between two lines, or above the first, where no line has room.
struct InsertionFinder {
    /// The measure of heights about the lines, in the units of the ink: the x-height, more where the lines stand far apart.
    let unit: Double

    /// A line of strokes, given as indexes into the shapes, with what was put into it.
    struct Line {
        var strokes: [Int]
        var centre: CentreLine
        var insertions: [Insertion] = []
        /// The carets that show the places.
        var carets: [Int] = []
    }

    /// The share of the line's width that a correction has at most.
    private static let widest = 0.5
    /// The distance of two lines that have room for a third between them, in usual distances of lines.
    private static let farthest = 1.5
    /// The distance of inserted words above the middle of a line's letters, in `unit`s.
    private static let raised = 0.8
    /// The same where a caret shows the place.
    private static let shownRaised = 0.45
    /// The least number of turns of the pen in such words.
    private static let leastSwings = 5
    /// The same where a caret shows the place.
    private static let shownLeastSwings = 3
    /// The largest distance of a correction above its line, in usual distances of lines.
    private static let highest = 0.75

    /// The lines, those that are corrections put into theirs.
    ///
    /// - Parameter lines: of a block, top to bottom.
    func lines(_ lines: [Line], _ shapes: [StrokeShape]) -> [Line] {
        squeezed(lines, shapes).map { raised(in: $0, shapes) }
    }

    /// Puts lines that have no room of their own into those below them.
    private func squeezed(_ lines: [Line], _ shapes: [StrokeShape]) -> [Line] {
        guard lines.count > 2 else { return lines }
        let boxes = lines.map { Self.box(of: $0.strokes, shapes) }
        guard let pitch = pitch(of: lines, boxes) else { return lines }
        var result: [Line] = []
        var waiting: (line: Line, box: PlaneBox)?
        for (at, line) in lines.enumerated() {
            var line = line
            if let (above, box) = waiting {
                waiting = nil
                if wasBegun(by: above.strokes, box, letters(of: line, shapes), shapes) {
                    line.strokes = (above.strokes + line.strokes).sorted()
                } else {
                    insert(above, box, into: &line, shapes)
                }
            } else if at + 1 < lines.count,
                isSqueezed(
                    at, below: lines[..<at].indices.last { boxes[$0].gapX(to: boxes[at]) == 0 }, lines, boxes, pitch,
                    shapes)
            {
                waiting = (line, boxes[at])
                continue
            }
            result.append(line)
        }
        return result
    }

    /// The usual distance of lines that follow each other; nil where there are too few.
    private func pitch(of lines: [Line], _ boxes: [PlaneBox]) -> Double? {
        let distances = zip(lines.indices, lines.indices.dropFirst()).map { above, below in
            let x = (max(boxes[above].minX, boxes[below].minX) + min(boxes[above].maxX, boxes[below].maxX)) / 2
            return lines[below].centre.y(at: x) - lines[above].centre.y(at: x)
        }.sorted()
        return distances.count < 2 ? nil : distances[(distances.count - 1) / 2]
    }

    private func isSqueezed(
        _ at: Int, below above: Int?, _ lines: [Line], _ boxes: [PlaneBox], _ pitch: Double, _ shapes: [StrokeShape]
    ) -> Bool {
        let box = boxes[at], host = boxes[at + 1], x = box.midX
        guard box.width < Self.widest * host.width else { return false }
        let distance = lines[at + 1].centre.y(at: x) - lines[at].centre.y(at: x)
        guard distance > 0, distance < Self.highest * pitch else { return false }
        if wasBegun(by: lines[at].strokes, box, letters(of: lines[at + 1], shapes), shapes) { return true }
        guard box.minX > host.minX - unit, box.maxX < host.maxX + 3 * unit else { return false }
        guard let above, boxes[above].minX < x, boxes[above].maxX > x else { return true }
        return lines[at + 1].centre.y(at: x) - lines[above].centre.y(at: x) < Self.farthest * pitch
    }

    /// Takes words out of a line that stand above its letters, and puts them in where they belong.
    private func raised(in line: Line, _ shapes: [StrokeShape]) -> Line {
        let box = Self.box(of: line.strokes, shapes)
        // Tall letters reach up, but stand on the line.
        func isAbove(_ at: Int, _ centre: CentreLine, by distance: Double = -0.2) -> Bool {
            (centre.y(at: shapes[at].box.midX) - shapes[at].box.maxY) / unit > distance
        }
        // Strokes above the line have pulled its course up.
        let standing = line.strokes.filter { !isAbove($0, line.centre) && !isSmall(shapes[$0], unit: unit) }
        guard standing.count > 2 else { return line }
        let centre = CentreLine(through: standing.flatMap { shapes[$0].support(xHeight: unit) }, xHeight: unit)
        func height(_ at: Int) -> Double { (centre.y(at: shapes[at].box.midX) - shapes[at].box.midY) / unit }
        // Where a caret shows the place, words may stand lower and be shorter.
        let tips = line.strokes.filter { isCaret(shapes[$0], on: centre) }.map { shapes[$0].box.midX }
        func isShown(_ box: PlaneBox) -> Bool { tips.contains { isBeside($0, box) } }
        let high = line.strokes.filter {
            let least = isShown(shapes[$0].box) ? Self.shownRaised : Self.raised
            return height($0) > least && isAbove($0, centre) && !isSmall(shapes[$0], unit: unit / 2)
        }
        .sorted { shapes[$0].box.minX < shapes[$1].box.minX }
        var groups: [[Int]] = []
        for at in high {
            if let last = groups.last, Self.box(of: last, shapes).gapX(to: shapes[at].box) < 2.5 * unit {
                groups[groups.count - 1].append(at)
            } else {
                groups.append([at])
            }
        }
        var rest = line
        let letters = line.strokes.filter { !high.contains($0) && !isSmall(shapes[$0], unit: unit) }
        for group in groups {
            let words = Self.box(of: group, shapes)
            guard !wasBegun(by: group, words, letters, shapes) else { continue }
            let below = letters.reduce(0) { sum, at in
                sum + max(0, min(words.maxX, shapes[at].box.maxX) - max(words.minX, shapes[at].box.minX))
            }
            let isShown = isShown(words)
            guard
                group.reduce(0, { $0 + shapes[$1].swings.count })
                    >= (isShown ? Self.shownLeastSwings : Self.leastSwings),
                words.width < Self.widest * box.width, isShown || below > 0.3 * words.width
            else { continue }
            // Dots, and letters that reach below their own line: nearer to these words than to the line.
            let nearer = 0.55 * group.reduce(0) { $0 + height($1) } / Double(group.count)
            let others = line.strokes.filter {
                height($0) > (isSmall(shapes[$0], unit: unit / 2) ? Self.raised : nearer)
                    && isAbove($0, centre, by: -0.4) && shapes[$0].box.gapX(to: words) < 0.3 * unit
            }
            let own = Set(group + others)
            rest.strokes.removeAll(where: own.contains)
            insert(
                Line(strokes: own.sorted(), centre: line.centre), words, into: &rest, shapes)
        }
        return rest
    }

    /// The strokes of a line that are letters.
    private func letters(of line: Line, _ shapes: [StrokeShape]) -> [Int] {
        line.strokes.filter { !isSmall(shapes[$0], unit: unit) }
    }

    /// Whether letters below were written after the strokes above them, or between them: those are parts of letters, as the bar of a T, or letters
    /// of a hand that wanders. Words are put in later, and in one go.
    private func wasBegun(by group: [Int], _ words: PlaneBox, _ letters: [Int], _ shapes: [StrokeShape]) -> Bool {
        guard let first = group.min(), let last = group.max() else { return false }
        let below = letters.filter { shapes[$0].box.gapX(to: words) == 0 }
        let end = shapes[last].box
        let isOne = below.contains { letter in
            let box = shapes[letter].box
            return letter < last || letter == last + 1 && box.gapX(to: end) < unit && box.gapY(to: end) < 0.5 * unit
        }
        let isBetween = below.contains { $0 > first && $0 < last }
        guard isBetween || isOne && below.allSatisfy({ $0 > first }) else { return false }
        // Strokes that are sorted by place tell no order of writing.
        func isSorted(by place: (PlaneBox) -> Double) -> Bool {
            zip(shapes, shapes.dropFirst()).allSatisfy { place($0.box) <= place($1.box) }
        }
        return !isSorted(by: \.minX) && !isSorted(by: \.midX) && !isSorted(by: \.minY) && !isSorted(by: \.midY)
    }

    /// Dots and bars; words that are put in are smaller than the line.
    private func isSmall(_ shape: StrokeShape, unit: Double) -> Bool {
        LineFit.kind(of: shape, xHeight: unit) == .small
    }

    private static func box(of strokes: [Int], _ shapes: [StrokeShape]) -> PlaneBox {
        strokes.reduce(into: PlaneBox()) { $0.formUnion(shapes[$1].box) }
    }

    private func insert(
        _ words: Line, _ box: PlaneBox, into line: inout Line, _ shapes: [StrokeShape]
    ) {
        let carets = line.strokes.filter {
            isCaret(shapes[$0], on: line.centre) && isBeside(shapes[$0].box.midX, box)
        }
        line.strokes.removeAll { carets.contains($0) }
        line.carets += carets
        let tip = carets.first.map { shapes[$0].box.midX }
        let place = tip ?? gap(below: box, in: line, shapes)
        line.insertions.append(
            Insertion(strokes: words.strokes, leading: line.strokes.filter { shapes[$0].box.midX < place }))
    }

    /// Whether a caret's tip is below the words, or just beside them.
    private func isBeside(_ tip: Double, _ words: PlaneBox) -> Bool {
        tip > words.minX - 2 * unit && tip < words.maxX + 2 * unit
    }

    /// An angle that opens downwards and stands at the foot of the line.
    private func isCaret(_ shape: StrokeShape, on centre: CentreLine) -> Bool {
        guard shape.straightness < 0.9, shape.box.width < 2.5 * unit, shape.box.height > 0.4 * unit,
            shape.box.height < 3 * unit, let first = shape.points.first, let last = shape.points.last,
            let tip = shape.points.min(by: { $0.y < $1.y })
        else { return false }
        let legs = first.distance(to: tip) + last.distance(to: tip)
        let isAngle =
            shape.arc < 1.12 * legs && min(first.distance(to: tip), last.distance(to: tip)) > 0.35 * shape.box.height
            && abs(first.y - last.y) < 0.5 * shape.box.height && (first.x - tip.x) * (last.x - tip.x) < 0
        // Its feet are at the base line, or deeper: letters stand higher.
        let foot = (max(first.y, last.y) - centre.y(at: tip.x)) / unit
        return isAngle && foot > 0.3 && (tip.y - centre.y(at: tip.x)) / unit > -0.8
    }

    /// The gap between words of the line that the words above it mean: a wide one, and near their middle.
    private func gap(below box: PlaneBox, in line: Line, _ shapes: [StrokeShape]) -> Double {
        var best = (x: box.midX, cost: 4 * unit)
        var reach = -Double.infinity
        for other in line.strokes.map({ shapes[$0].box }).sorted(by: { $0.minX < $1.minX }) {
            if reach > -.infinity, other.minX - reach > 0.5 * unit {
                let x = (reach + other.minX) / 2, cost = abs(x - box.midX) - 0.5 * (other.minX - reach)
                if cost < best.cost { best = (x, cost) }
            }
            reach = max(reach, other.maxX)
        }
        return best.x
    }
}
