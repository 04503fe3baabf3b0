import DuctusDrawing
import DuctusInk
import Foundation
import Testing

struct InkPictureTests {
    private let dash = Stroke(points: [(0, 0), (10, 0)])

    /// The texts of a drawing with their places.
    private func texts(of drawing: Drawing) -> [(string: String, at: PlanePoint)] {
        drawing.elements.compactMap { element in
            if case .text(let text) = element { (text.string, text.position) } else { nil }
        }
    }

    private func lines(of drawing: Drawing) -> [Drawing.Line] {
        drawing.elements.compactMap { element in
            if case .line(let line) = element { line } else { nil }
        }
    }

    @Test func labelsStandUnderTheirStrokes() throws {
        let ink = [
            Stroke(points: [(0, 0), (0, 40)]), Stroke(points: [(100, 0), (100, 40)]),
            Stroke(points: [(200, 0), (200, 40)]),
        ]
        let labels = [InkLabel("x", strokes: 0..<1), InkLabel("y", samples: 2..<4), InkLabel("z", strokes: 2..<3)]
        let drawing = InkPicture().drawing(of: ink, labels: labels)
        let placed = texts(of: drawing)
        let strokes = lines(of: drawing).prefix(3)
        #expect(placed.map(\.string) == ["x", "y", "z"])
        for (text, stroke) in zip(placed, strokes) {
            #expect(abs(text.at.x - stroke.points[0].x) < 1)
            #expect(text.at.y > stroke.points[1].y)
        }
    }

    @Test func everyLineOfInkHasItsOwnRowOfLabels() {
        let ink = [Stroke(points: [(0, 0), (0, 40)]), Stroke(points: [(0, 100), (0, 140)])]
        let drawing = InkPicture().drawing(
            of: ink, labels: [InkLabel("x", strokes: 0..<1), InkLabel("y", strokes: 1..<2)])
        let placed = texts(of: drawing)
        #expect(placed[0].at.y < lines(of: drawing)[1].points[0].y)
        #expect(placed[1].at.y > lines(of: drawing)[1].points[1].y)
    }

    @Test func labelsOfTheSameInkDoNotCoverEachOther() {
        let labels = "ink".map { InkLabel(String($0), strokes: 0..<1) }
        let placed = texts(of: InkPicture().drawing(of: [dash], labels: labels)).map(\.at.x)
        #expect(placed[1] - placed[0] > 5 && placed[2] - placed[1] > 5)
    }

    @Test func aFewSamplesElsewhereDoNotMoveALabel() {
        let o = Stroke(points: (0..<9).map { (Float(100 + $0), 0) })
        let t = Stroke(points: (0..<9).map { (Float($0), 0) })
        // The range of the o begins with the last samples of the t.
        let labels = [InkLabel("t", samples: 2..<9), InkLabel(" ", samples: 0..<18), InkLabel("o", samples: 7..<18)]
        let placed = texts(of: InkPicture().drawing(of: [t, o], labels: labels))
        #expect(placed.map(\.string) == ["t", "o"])
        #expect(placed[1].at.x - placed[0].at.x > 35, "in the middle of its range it would be 21")
    }

    @Test func rangesBeyondTheInkAreCutOff() {
        let labels = [
            InkLabel("a", samples: 50..<90), InkLabel("b", strokes: -4..<90), InkLabel("c"),
            InkLabel("d", samples: -9..<1),
        ]
        #expect(texts(of: InkPicture().drawing(of: [dash], labels: labels)).map(\.string) == ["d", "b"])
    }

    @Test(arguments: [
        [], [Stroke()], [Stroke(points: [(3, 4)])], [Stroke(points: [(.nan, 4), (3, .infinity)])],
        [Stroke(points: [(3, 4), (3, 4)])], [Stroke(points: [(-3e38, -3e38), (3e38, 3e38)])],
        [Stroke(points: [(1e-40, 0), (0, 1e-40)])], [Stroke(points: [(0, 0)]), Stroke(points: [(.nan, 0)])],
    ])
    func poorInkGivesAPictureAllTheSame(ink: [Stroke]) throws {
        let drawing = InkPicture().drawing(of: ink, labels: [InkLabel("x", strokes: 0..<9)], caption: "poor")
        #expect(drawing.width >= 1 && drawing.width <= 3000 && drawing.height <= 5000)
        #expect(lines(of: drawing).allSatisfy { $0.points.allSatisfy { $0.x.isFinite && $0.y.isFinite } })
        let png = try PNGReader(drawing.png())
        #expect(png.inked > 20, "the caption at least")
    }

    @Test func harderPressedInkIsWider() throws {
        let light = Stroke([Sample(x: 0, y: 0, pressure: 0.1), Sample(x: 9, y: 0, pressure: 0.1)])
        let hard = Stroke([Sample(x: 0, y: 9, pressure: 0.9), Sample(x: 9, y: 9, pressure: 0.9)])
        let widths = lines(of: InkPicture().drawing(of: [light, hard])).map { $0.widths[0] }
        #expect(widths[0] < widths[1])
    }

    @Test func theOrderOfStrokesCanBeSeen() {
        var picture = InkPicture()
        picture.coloring = .order
        let colors = lines(of: picture.drawing(of: [dash, dash, dash])).map(\.color)
        #expect(Set(colors).count == 3)
    }

    @Test func simulatedInkIsDrawn() throws {
        let ink = try SimulatedPen(writer: Writer(seed: 5)).strokes(of: "Ductus", seed: 1)
        let png = try PNGReader(InkPicture().drawing(of: ink).png())
        #expect(png.inked > 1000 && png.inked < png.width * png.height / 4)
    }

    @Test func readingsAreReadFromWhatRecognizePrints() throws {
        let json =
            #"{"file":"a","id":"7","text":"a","alternatives":[],"#
            + #""symbols":[{"text":"a","confidence":0.5,"samples":[0,31],"strokes":[0,1]}]}"#
        let reading = try JSONDecoder().decode(LabeledReading.self, from: Data(json.utf8))
        #expect(reading.symbols == [InkLabel("a", samples: 0..<31, strokes: 0..<1, confidence: 0.5)])
        let backwards = #"{"text":"a","symbols":[{"text":"a","samples":[9,3]}]}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LabeledReading.self, from: Data(backwards.utf8))
        }
    }
}
