import DuctusDrawing
import DuctusPages
import Testing

@Suite struct LineOrderTests {
    private func boxes(_ lefts: [Double]) -> [PlaneBox] {
        lefts.map { PlaneBox(around: [.init($0, 0), .init($0 + 1, 1)]) }
    }

    private func order(_ lefts: [Double], goes: [Int]? = nil) -> [Int] {
        LineOrder.order(of: boxes(lefts), goes: goes ?? lefts.map { _ in 0 }, xHeight: 1)
    }

    @Test func theOrderOfWritingStays() {
        #expect(order([0, 2, 4, 3, 6, 5, 8]) == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test func aWordOfALaterGoGoesToItsPlace() {
        #expect(
            order([0, 2, 4, 16, 18, 20, 8, 10, 12], goes: [0, 0, 0, 0, 0, 0, 1, 1, 1]) == [0, 1, 2, 6, 7, 8, 3, 4, 5])
    }

    @Test func barsOfALongWordStayBehindIt() {
        #expect(order([0, 4, 8, 12, 16, 3]) == [0, 1, 2, 3, 4, 5])
    }

    @Test func aWordFarBackGoesToItsPlace() {
        #expect(order([0, 2, 20, 30, 40, 4, 6]) == [0, 1, 5, 6, 2, 3, 4])
    }

    @Test func theBeginningMayComeLast() {
        #expect(order([20, 22, 24, 0, 2, 4], goes: [0, 0, 0, 1, 1, 1]) == [3, 4, 5, 0, 1, 2])
    }

    @Test func everyStrokeIsThereOnce() {
        let lefts = (0..<40).map { Double(($0 * 17) % 40) * 3 }
        #expect(order(lefts, goes: (0..<40).map { $0 / 7 }).sorted() == Array(0..<40))
    }
}
