import DuctusDrawing
import DuctusInk
import Foundation

/// The lines and drawings of a page, in reading order: geometry alone, before anything is read.
package struct PageLayout: Sendable {
    /// A line of text or a drawing.
    package struct Piece: Equatable, Sendable {
        package var kind: ReadPiece.Kind
        /// Sorted indexes into the page's strokes.
        package var strokes: [Int]
        package var block: Int
        /// Words that stand above the line and belong into it; their strokes are among `strokes`.
        package var insertions: [Insertion] = []
    }

    package private(set) var pieces: [Piece] = []
    /// The strokes that were struck out, and those that strike out.
    package private(set) var unused: [UnusedStroke] = []
    /// The slope of the lines in radians, positive where they go down to the right.
    package private(set) var angle = 0.0

    /// Whether the ink had better be read as one line: it stands on one, or there is too little of it to hold lines and drawings.
    package func isOneLine(of strokes: Int) -> Bool {
        let lines = pieces.filter { $0.kind == .text }.count
        if lines == 0 { return true }
        return lines == 1 && unused.isEmpty && (pieces.count == 1 || strokes < 5)
    }

    package init(of strokes: [Stroke]) {
        var shapes: [StrokeShape] = []
        for (index, stroke) in strokes.enumerated() {
            let points = stroke.samples.filter { $0.x.isFinite && $0.y.isFinite }
                .map { PlanePoint(Double($0.x), Double($0.y)) }
            guard !points.isEmpty else { continue }
            shapes.append(StrokeShape(index: index, points: points))
        }
        guard !shapes.isEmpty else { return }
        var scale = InkScale(measuring: &shapes)
        angle = Self.angle(of: shapes, scale: scale)
        if angle != 0 {
            shapes = shapes.map { $0.turned(cosine: cos(angle), sine: -sin(angle)) }
            scale = InkScale(measuring: &shapes)
        }
        var unit = LinePitch.unit(of: shapes.flatMap(\.swings), xHeight: scale.xHeight)
        var drawn = DrawingFinder(xHeight: (unit * scale.xHeight).squareRoot()).drawings(in: shapes)
        drawn.subtract(OpeningCapital(xHeight: unit).strokes(among: drawn, shapes))
        let written = shapes.indices.filter { !drawn.contains($0) }
        if !drawn.isEmpty, !written.isEmpty {
            var writing = written.map { shapes[$0] }
            scale = InkScale(measuring: &writing)
            unit = LinePitch.unit(of: writing.flatMap(\.swings), xHeight: scale.xHeight)
        }
        let blocks = written.isEmpty ? [] : ColumnFinder(unit: unit).blocks(of: shapes, written)
        var drawings = drawn
        for (block, members) in blocks.enumerated() {
            let finder = LineFinder(members.map { shapes[$0] }, xHeight: scale.xHeight)
            let found = InsertionFinder(unit: finder.unit).lines(
                finder.found.map { .init(strokes: $0.strokes.map { members[$0] }, centre: $0.centre) }, shapes)
            for line in MarginNotes(unit: finder.unit).divided(found, shapes) {
                let strokes = line.strokes
                let out = StrikeOuts(unit: finder.unit).find(in: strokes, on: line.centre, drawn: drawings, shapes)
                drawings.subtract(out.bars)
                unused += out.bars.map { UnusedStroke(stroke: shapes[$0].index, reason: .strikeOut) }
                unused += out.struck.map { UnusedStroke(stroke: shapes[$0].index, reason: .struckOut) }
                let written = Set(strokes).subtracting(out.bars).subtracting(out.struck)
                let marks = SplitMarks.find(in: written.sorted(), drawn: drawings, shapes)
                drawings.subtract(marks)
                let left = written.subtracting(marks)
                unused += (line.carets + marks).map {
                    UnusedStroke(stroke: shapes[$0].index, reason: .insertionMark)
                }
                let inserted = line.insertions.flatMap(\.strokes)
                guard !left.isEmpty || !inserted.isEmpty else { continue }
                if inserted.isEmpty,
                    let groups = FramedWords.groups(of: left.sorted(), drawn: drawings, shapes, unit: finder.unit)
                {
                    drawings.formUnion(left.subtracting(groups.flatMap { $0 }))
                    pieces += groups.map { group in
                        Piece(kind: .text, strokes: group.map { shapes[$0].index }.sorted(), block: block)
                    }
                    continue
                }
                let insertions = line.insertions.map {
                    Insertion(
                        strokes: $0.strokes.map { shapes[$0].index }.sorted(),
                        leading: $0.leading.filter(left.contains).map { shapes[$0].index }.sorted())
                }
                pieces.append(
                    Piece(
                        kind: .text, strokes: (left + inserted).map { shapes[$0].index }.sorted(), block: block,
                        insertions: insertions))
            }
        }
        placeDrawings(drawings.sorted(), shapes)
    }

    /// Drawings stand behind the last line that begins above them. Strokes of one drawing touch, or lie within one another.
    private mutating func placeDrawings(_ drawn: [Int], _ shapes: [StrokeShape]) {
        var groups: [(strokes: [Int], box: PlaneBox)] = []
        for at in drawn {
            var group = (strokes: [at], box: shapes[at].box)
            for other in groups.indices.reversed()
            where groups[other].box.gapX(to: group.box) == 0 && groups[other].box.gapY(to: group.box) == 0 {
                group.strokes += groups[other].strokes
                group.box.formUnion(groups[other].box)
                groups.remove(at: other)
            }
            groups.append(group)
        }
        let tops = Dictionary(uniqueKeysWithValues: shapes.map { ($0.index, $0.box) })
        for group in groups.sorted(by: { $0.box.minY > $1.box.minY }) {
            let above = pieces.lastIndex { piece in
                var box = PlaneBox()
                for stroke in piece.strokes { if let one = tops[stroke] { box.formUnion(one) } }
                return box.minY <= group.box.minY
            }
            let place = above.map { $0 + 1 } ?? 0
            pieces.insert(
                Piece(
                    kind: .drawing, strokes: group.strokes.map { shapes[$0].index }.sorted(),
                    block: above.map { pieces[$0].block } ?? 0), at: place)
        }
    }

    /// The slope of the writing: drawings have none.
    private static func angle(of shapes: [StrokeShape], scale: InkScale) -> Double {
        let drawn = DrawingFinder(xHeight: scale.xHeight).drawings(in: shapes)
        let writing = shapes.indices.filter { !drawn.contains($0) }.map { shapes[$0] }
        return PageSkew.angle(of: writing.isEmpty ? shapes : writing, scale: scale)
    }
}
