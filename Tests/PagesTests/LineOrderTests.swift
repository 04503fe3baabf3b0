import DuctusDrawing
import DuctusPages
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
}
