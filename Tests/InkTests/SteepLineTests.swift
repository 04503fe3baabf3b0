import DuctusInk
import Foundation
import Testing

@Suite struct SteepLineTests {
    private func line() throws -> [Stroke] {
        try SimulatedPen(writer: Writer(seed: 4)).strokes(of: "a line that slopes steeply", seed: 1)
    }

    @Test(arguments: [-30.0, -20, 18, 29])
    func steepLinesAreLevelled(degrees: Double) throws {
        let upright = try line()
        let levelled = try #require(SteepLine.levelled(upright.turned(by: degrees * .pi / 180)))
        let heights = (Bounds(around: levelled)?.height, Bounds(around: upright)?.height)
        #expect(abs(try #require(heights.0) / #require(heights.1) - 1) < 0.3)
    }

    @Test(arguments: [0.0, 8, -12, 60, 90])
    func othersStayAsTheyAre(degrees: Double) throws {
        #expect(SteepLine.levelled(try line().turned(by: degrees * .pi / 180)) == nil)
    }

    @Test func lettersAreNoLines() throws {
        let letter = try SimulatedPen(writer: Writer(seed: 4)).strokes(of: "N", seed: 1)
        #expect(SteepLine.levelled(letter) == nil)
        #expect(SteepLine.levelled([Stroke(points: [(0, 0)])]) == nil)
        #expect(SteepLine.levelled([]) == nil)
    }
}
