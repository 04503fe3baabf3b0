import DuctusDrawing
import DuctusInk
import Testing

struct PagePictureTests {
    private let strokes = [0, 100, 200].map { y in Stroke(points: [(0, Float(y)), (50, Float(y) + 20)]) }
    private let box = Bounds(minX: 0, minY: 0, maxX: 50, maxY: 20)

    @Test func linesAreNumberedInTheirOrderAndDrawingsNamed() throws {
        let page = ReadPage(
            pieces: [
                ReadPiece(kind: .text, text: "first", confidence: 0.9, strokes: [1], box: box),
                ReadPiece(kind: .drawing, strokes: [0], box: box),
            ], unused: [UnusedStroke(stroke: 2, reason: .strikeOut)])
        let drawing = InkPicture().drawing(of: page, strokes: strokes, caption: "page")
        let texts = drawing.elements.compactMap { element in
            if case .text(let text) = element { text.string } else { nil }
        }
        #expect(texts == ["1  first", "2  drawing", "page"])
        let colors = drawing.elements.prefix(3).compactMap { element in
            if case .line(let line) = element { line.color } else { nil }
        }
        #expect(colors.count == 3 && colors[0] == .gray && colors[2] == .red)
        #expect(try PNGReader(drawing.png()).channels == 3)
    }

    @Test func indexesBeyondTheStrokesAreLeftOut() throws {
        let page = ReadPage(
            pieces: [ReadPiece(kind: .text, text: "x", strokes: [99], box: box)],
            unused: [UnusedStroke(stroke: 77, reason: .tool)])
        #expect(try PNGReader(InkPicture().drawing(of: page, strokes: strokes).png()).channels == 3)
    }

    @Test func renumberedPagesKeepTheirPieces() {
        let word = ReadWord(text: "a", confidence: 1, strokes: [0], box: box)
        let page = ReadPage(
            pieces: [ReadPiece(kind: .text, text: "a", strokes: [0, 1], box: box, words: [word])],
            unused: [UnusedStroke(stroke: 2, reason: .tool)])
        let renumbered = page.renumbered(by: [3, 5, 9])
        #expect(renumbered.pieces[0].strokes == [3, 5])
        #expect(renumbered.pieces[0].words[0].strokes == [3])
        #expect(renumbered.unused == [UnusedStroke(stroke: 9, reason: .tool)])
    }
}
