import DuctusDrawing
import DuctusInk

/// The strokes of a line, with their shapes and the size of the hand.
package struct MeasuredLine {
    /// The strokes' indexes on the page.
    let members: [Int]
    /// In the order of `members`, the line level.
    let shapes: [StrokeShape]
    /// The height of the line's small letters, in the units of the ink.
    let xHeight: Double

    /// - Parameter strokes: of the page.
    package init(_ members: [Int], of strokes: [Stroke]) {
        self.members = members
        let line = members.map { strokes[$0] }
        var shapes = (SteepLine.levelled(line) ?? line).map { stroke in
            StrokeShape(
                index: 0,
                points: stroke.samples.filter { $0.x.isFinite && $0.y.isFinite }
                    .map { PlanePoint(Double($0.x), Double($0.y)) })
        }
        xHeight = InkScale(measuring: &shapes).xHeight
        self.shapes = shapes
    }

    /// The shapes that are more than dots and bars.
    var letters: [Int] {
        shapes.indices.filter { !shapes[$0].box.isEmpty && LineFit.kind(of: shapes[$0], xHeight: xHeight) != .small }
    }
}
