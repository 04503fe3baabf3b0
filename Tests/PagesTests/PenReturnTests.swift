import DuctusPages
import DuctusDrawing
import Testing

@Suite struct PenReturnTests {
    private func box(_ x: Double, height: Double) -> PlaneBox {
        PlaneBox(around: [PlanePoint(x, 0), PlanePoint(x + 1, height)])
    }

    private func start(near cut: Int, _ boxes: [PlaneBox]) -> Int {
        PenReturn.start(near: cut, xHeight: 1) { boxes.indices.contains($0) ? boxes[$0] : nil }
    }

    @Test func aTallStrokeWhereThePenWentBackBeginsTheLine() {
        let boxes = [box(20, height: 1), box(22, height: 1), box(0, height: 4), box(2, height: 1), box(4, height: 1)]
        #expect(start(near: 3, boxes) == 2)
        #expect(start(near: 2, boxes) == 2)
    }

    @Test func aDotSetFarBackBeforeTheLineIsOfTheOldOne() {
        let boxes = [box(20, height: 1), box(22, height: 1), box(3, height: 0.2), box(0, height: 1), box(2, height: 1)]
        #expect(start(near: 3, boxes) == 3)
    }

    @Test(arguments: [(5.0, 3), (30, 2), (-30, 2)]) func aDotFarFromTheOldLineBeginsTheNewOne(
        distance: Double, first: Int
    ) {
        var boxes = [box(20, height: 1), box(22, height: 1)]
        for (x, height) in [(3.0, 0.2), (0, 1), (2, 1)] {
            boxes.append(
                PlaneBox(around: [PlanePoint(x, distance), PlanePoint(x + 1, distance + height)]))
        }
        #expect(start(near: 3, boxes) == first)
    }

    @Test func aStopBehindTheLastLetterIsOfTheOldLine() {
        let boxes = [
            box(20, height: 1), box(22, height: 1), box(23, height: 0.2), box(0, height: 1), box(2, height: 1),
        ]
        #expect(start(near: 2, boxes) == 3)
    }

    @Test func withoutAWayBackNothingMoves() {
        let boxes = (0..<5).map { box(Double(2 * $0), height: 1) }
        #expect(start(near: 2, boxes) == 2)
    }
}
