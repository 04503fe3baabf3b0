import DuctusDrawing

/// Tells words in the margin beside a line from the line: more than the lines above and below have is beyond a wide gap there.
///
/// Words in the margin over several lines are a column; see ``ColumnFinder``.
struct MarginNotes {
    /// The measure of heights about the lines, in the units of the ink.
    let unit: Double

    /// The least gap between a note and its line, in `unit`s: where the pen went from one to the other, and where it came from elsewhere.
    private static let leastGap = 5.0
    private static let leastGapApart = 3.5
    /// The least ratio of this gap to the next widest of the line.
    private static let leastRatio = 1.5
    /// The least distance of a note from the edge of the text, in `unit`s.
    private static let leastMargin = 2.0
    /// The lines above and below that show where the text ends, and how many of them there must be.
    private static let neighbours = 3
    private static let fewest = 3
    /// Less than this is a bullet, a number or a stop: its width in `unit`s, and its turns of the pen.
    private static let narrowest = 2.5
    private static let fewestSwings = 4

    /// The lines, each with the notes beside it as lines of their own: one to the left before it, one to the right behind it.
    ///
    /// - Parameter lines: of a block, top to bottom.
    func divided(_ lines: [InsertionFinder.Line], _ shapes: [StrokeShape]) -> [InsertionFinder.Line] {
        guard lines.count > Self.fewest else { return lines }
        let boxes = lines.map { line in
            line.strokes.reduce(into: PlaneBox()) { $0.formUnion(shapes[$1].box) }
        }
        return lines.indices.flatMap { at -> [InsertionFinder.Line] in
            guard lines[at].insertions.isEmpty else { return [lines[at]] }
            var text = PlaneBox(), count = 0
            for other in max(0, at - Self.neighbours)...min(lines.count - 1, at + Self.neighbours) where other != at {
                text.formUnion(boxes[other])
                count += 1
            }
            guard count >= Self.fewest else { return [lines[at]] }
            var line = lines[at], parts: [InsertionFinder.Line] = []
            if boxes[at].minX < text.minX, let note = note(of: &line, shapes, beyond: text, isLeft: true) {
                parts.append(note)
            }
            let right =
                boxes[at].maxX > text.maxX ? note(of: &line, shapes, beyond: text, isLeft: false) : nil
            parts.append(line)
            return right.map { parts + [$0] } ?? parts
        }
    }

    /// Takes what stands in the margin out of a line; nil where there is nothing.
    private func note(
        of line: inout InsertionFinder.Line, _ shapes: [StrokeShape], beyond text: PlaneBox, isLeft: Bool
    ) -> InsertionFinder.Line? {
        let ordered = line.strokes.sorted { shapes[$0].box.minX < shapes[$1].box.minX }
        var gaps: [(width: Double, at: Int)] = []
        var reach = -Double.infinity
        for (at, stroke) in ordered.enumerated() {
            let box = shapes[stroke].box
            if at > 0, box.minX > reach { gaps.append((box.minX - reach, at)) }
            reach = max(reach, box.maxX)
        }
        gaps.sort { $0.width > $1.width }
        guard let widest = gaps.first else { return nil }
        let note = Array(isLeft ? ordered[..<widest.at] : ordered[widest.at...]).sorted()
        let rest = Array(isLeft ? ordered[widest.at...] : ordered[..<widest.at]).sorted()
        let box = note.reduce(into: PlaneBox()) { $0.formUnion(shapes[$1].box) }
        let isBeyond =
            isLeft
            ? box.maxX < text.minX - Self.leastMargin * unit : box.minX > text.maxX + Self.leastMargin * unit
        guard isBeyond, box.width > Self.narrowest * unit,
            note.reduce(0, { $0 + shapes[$1].swings.count }) >= Self.fewestSwings,
            rest.reduce(0, { $0 + shapes[$1].swings.count }) >= Self.fewestSwings
        else { return nil }
        let goesOn = isLeft ? note.last.map { $0 + 1 } == rest.first : rest.last.map { $0 + 1 } == note.first
        let least = (goesOn ? Self.leastGap : Self.leastGapApart) * unit
        guard widest.width > least, widest.width > Self.leastRatio * (gaps.dropFirst().first?.width ?? 0) else {
            return nil
        }
        line.strokes = rest
        return InsertionFinder.Line(strokes: note, centre: line.centre)
    }
}
