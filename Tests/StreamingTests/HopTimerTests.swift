import DuctusStreaming
import Testing

@Suite struct HopTimerTests {
    func due(_ times: [Int64], hop: Double = 0.25) -> [Int64] {
        var timer = HopTimer(seconds: hop)
        var due: [Int64] = []
        for time in times where timer.isDue(at: time) { due.append(time) }
        return due
    }

    @Test func oneHopIsDuePerHopOfSampleTime() {
        #expect(due((0...100).map { $0 * 10_000 }) == [250_000, 500_000, 750_000, 1_000_000])
    }

    @Test func longPauseMakesOneHopDueNotMany() {
        #expect(due([0, 10_000, 5_000_000, 5_010_000, 5_250_000]) == [5_000_000, 5_250_000])
    }

    @Test func clockThatIsSetBackBeginsANewHop() {
        #expect(due([10_000_000, 10_250_000, 0, 100_000, 250_000]) == [10_250_000, 250_000])
    }

    @Test func absurdTimesDoNotTrap() {
        #expect(due([.min, .max, .min, 0, .max]).count <= 5)
    }
}
