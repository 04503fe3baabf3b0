import DuctusDrawing
import DuctusInk
import Testing

struct ConfusionPictureTests {
    private func texts(of drawing: Drawing) -> [String] {
        drawing.elements.compactMap { element in
            if case .text(let text) = element { text.string } else { nil }
        }
    }

    @Test func namesStandAtBothSidesAndCountsInTheCells() throws {
        let picture = ConfusionPicture(title: "Activities", names: ["walk", "sit"], counts: [[90, 12_345], [0, 0]])
        let texts = texts(of: picture.drawing())
        #expect(texts.filter { $0 == "walk" }.count == 2)
        #expect(texts.contains("90") && texts.contains("12k") && !texts.contains("0"))
        #expect(try PNGReader(picture.drawing().png()).channels == 3)
    }

    @Test func theLargerShareOfARowIsTheDarker() {
        let picture = ConfusionPicture(
            title: "", names: ["a", "b", "c"], counts: [[0, 1, 8], [0, 0, 0], [0, 0, 0]])
        let cells = picture.drawing().elements.compactMap { element -> Drawing.Area? in
            if case .area(let area) = element { area } else { nil }
        }
        #expect(cells.count == 2, "only what was counted has colour")
        #expect(cells[0].color.blue > cells[1].color.blue)
        #expect(cells[0].corners[0].x < cells[1].corners[0].x)
    }

    @Test func manyNamesGiveSmallCellsWithoutNumbers() {
        let names = (0..<95).map { "\($0)" }
        let picture = ConfusionPicture(
            title: "", names: names, counts: names.indices.map { row in names.indices.map { $0 == row ? 777 : 0 } })
        #expect(picture.drawing().width < 1600)
        #expect(!texts(of: picture.drawing()).contains("777"))
    }

    @Test func noNamesGiveAPictureAllTheSame() {
        #expect(texts(of: ConfusionPicture(title: "empty", names: [], counts: []).drawing()).contains("empty"))
    }
}
