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
    }

    package private(set) var pieces: [Piece] = []
    /// The slope of the lines in radians, positive where they go down to the right.
    package private(set) var angle = 0.0

    /// Whether all of the ink is one line of text.
    package var isOneLine: Bool { pieces.count <= 1 && pieces.allSatisfy { $0.kind == .text } }

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
        let drawn = DrawingFinder(xHeight: scale.xHeight).drawings(in: shapes)
        let written = shapes.indices.filter { !drawn.contains($0) }
        if !drawn.isEmpty, !written.isEmpty {
            var writing = written.map { shapes[$0] }
            scale = InkScale(measuring: &writing)
        }
        let blocks = written.isEmpty ? [] : ColumnFinder(xHeight: scale.xHeight).blocks(of: shapes, written)
        for (block, members) in blocks.enumerated() {
            let finder = LineFinder(members.map { shapes[$0] }, xHeight: scale.xHeight)
            for line in finder.strokes {
                pieces.append(Piece(kind: .text, strokes: line.map { shapes[members[$0]].index }.sorted(), block: block))
            }
        }
        for at in drawn.sorted() {
            pieces.append(Piece(kind: .drawing, strokes: [shapes[at].index], block: 0))
        }
    }

    /// The slope of the writing: drawings have none.
    private static func angle(of shapes: [StrokeShape], scale: InkScale) -> Double {
        let drawn = DrawingFinder(xHeight: scale.xHeight).drawings(in: shapes)
        let writing = shapes.indices.filter { !drawn.contains($0) }.map { shapes[$0] }
        return PageSkew.angle(of: writing.isEmpty ? shapes : writing, scale: scale)
    }
}
