import DuctusDrawing
import DuctusPages
import DuctusRandomness
import Testing

@Suite struct LineOrderTests {
    private func boxes(_ lefts: [Double]) -> [PlaneBox] {
        lefts.map { PlaneBox(around: [.init($0, 0), .init($0 + 1, 1)]) }
    }

    @Test func theOrderOfWritingStays() {
        #expect(LineOrder.order(of: boxes([0, 2, 4, 3, 6, 5, 8]), xHeight: 1) == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test func aLateWordGoesToItsPlace() {
        #expect(
            LineOrder.order(of: boxes([0, 2, 4, 16, 18, 20, 8, 10, 12]), xHeight: 1) == [0, 1, 2, 6, 7, 8, 3, 4, 5])
    }

    @Test func theBeginningMayComeLast() {
        #expect(LineOrder.order(of: boxes([20, 22, 24, 0, 2, 4]), xHeight: 1) == [3, 4, 5, 0, 1, 2])
    }

    @Test func everyStrokeIsThereOnce() {
        let lefts = (0..<40).map { Double(($0 * 17) % 40) * 3 }
        #expect(LineOrder.order(of: boxes(lefts), xHeight: 1).sorted() == Array(0..<40))
    }

    /// Letters of a printing hand, 4 wide and 4 high, one beside the other, each of two swings; with a dot over every third.
    private func line(_ letters: Int) -> [StrokeShape] {
        var shapes: [StrokeShape] = []
        for at in 0..<letters {
            let x = 6 * Double(at)
            shapes.append(
                StrokeShape(index: 0, points: [.init(x, 0), .init(x + 1, 4), .init(x + 3, 0), .init(x + 4, 4)]))
            if at % 3 == 1 { shapes.append(StrokeShape(index: 0, points: [.init(x + 2, -2), .init(x + 2.2, -2.1)])) }
        }
        for at in shapes.indices { shapes[at].swings = Swing.swings(of: shapes[at].points, least: 1) }
        return shapes
    }

    @Test func strokesInNoOrderOfWritingAreReadLeftToRight() {
        let written = line(12)
        var random = SplitMix64(seed: 4)
        let shuffled = written.indices.shuffled(using: &random)
        let order = LineOrder.order(of: shuffled.map { written[$0] }, xHeight: 4, isTimed: false)
        #expect(order.map { shuffled[$0] } == Array(written.indices))
        let sorted = written.indices.sorted { written[$0].box.minX < written[$1].box.minX }
        let again = LineOrder.order(of: sorted.map { written[$0] }, xHeight: 4, isTimed: false)
        #expect(again.map { sorted[$0] } == Array(written.indices))
    }

    @Test func aKnownOrderOfWritingStays() {
        // Dots that were set once the word was done.
        let written = line(6)
        let letters = written.filter { $0.box.height > 1 }, dots = written.filter { $0.box.height < 1 }
        let order = LineOrder.order(of: letters + dots, xHeight: 8, isTimed: false)
        #expect(order == Array(written.indices))
        var random = SplitMix64(seed: 4)
        let narrow = written.shuffled(using: &random)
        #expect(LineOrder.order(of: narrow, xHeight: 40, isTimed: true) == Array(narrow.indices))
    }
}
