import DuctusInk
import DuctusPages
import Foundation
import Testing

/// Angles with a stroke at their tip: arrows, and letters that look like them.
@Suite struct ArrowTests {
    /// Whether an angle below some prose, with a stroke of this share of its legs at the tip, is a drawing.
    private func isDrawn(shaft: Float, slant: Float = 0) throws -> Bool {
        var page = WrittenPage()
        try page.write(prose)
        let p = page.pitch, leg = 0.7 * p, angle = Float.pi * 50 / 180
        let tip = (x: 2 * p, y: 8 * p)
        func end(_ angle: Float, _ length: Float) -> (Float, Float) {
            (tip.x + length * cos(angle), tip.y + length * sin(angle))
        }
        let first = page.strokes.count
        page.strokes.append(
            Stroke(points: [end(-angle, leg), (tip.x, tip.y), end(angle, leg)]).filled(p / 30))
        page.strokes.append(Stroke(points: [(tip.x, tip.y), end(slant, shaft * leg)]).filled(p / 30))
        return PageLayout(of: page.strokes).pieces.contains { $0.kind == .drawing && $0.strokes.contains(first) }
    }

    @Test func anArrowIsADrawing() throws {
        #expect(try isDrawn(shaft: 2.5))
    }

    @Test func aShortBarInACurveIsALetter() throws {
        #expect(try !isDrawn(shaft: 0.45))
    }

    @Test func aStrokeAlongALegIsALetter() throws {
        #expect(try !isDrawn(shaft: 1.2, slant: Float.pi * 44 / 180))
    }
}
