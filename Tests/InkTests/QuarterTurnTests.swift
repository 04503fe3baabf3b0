import DuctusInk
import Testing

@Suite struct QuarterTurnTests {
    @Test func aTurnedTabletsInkStandsUpright() {
        let sample = Sample(x: 3, y: 1, pressure: 0.5, tiltX: 10, tiltY: -20)
        let quarter = QuarterTurn.quarter.upright(sample)
        #expect(quarter == Sample(x: -1, y: 3, pressure: 0.5, tiltX: 20, tiltY: 10))
        #expect(QuarterTurn.half.upright(sample) == QuarterTurn.quarter.upright(quarter))
        #expect(QuarterTurn.threeQuarters.upright(quarter) == sample)
        #expect(QuarterTurn.none.upright(sample) == sample)
    }

    @Test(arguments: [0, 90, 180, 270])
    func degreesAreKept(degrees: Int) {
        #expect(QuarterTurn(degrees: degrees)?.degrees == degrees)
    }

    @Test(arguments: [-90, 45, 360, 91])
    func otherAnglesAreNone(degrees: Int) {
        #expect(QuarterTurn(degrees: degrees) == nil)
    }
}
