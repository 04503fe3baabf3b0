import DuctusTransportZeroMQ
import Testing

@Suite struct PaceTests {
    @Test func aLonePublisherNeverWaits() {
        var pace = Pace()
        for message in 0..<100 { #expect(pace.pause(at: message * 2 * Pace.interval, afterTaking: 1) == 0) }
    }

    @Test func turnsBeginAnIntervalApart() {
        var pace = Pace()
        #expect(pace.pause(at: 0, afterTaking: 0) == 0)
        #expect(pace.pause(at: 400_000, afterTaking: 1) == Pace.interval - 400_000)
        #expect(pace.pause(at: 2 * Pace.interval - 100_000, afterTaking: 1) == 100_000)
        #expect(pace.pause(at: 5 * Pace.interval, afterTaking: 1) == 0)
    }

    @Test func nobodyWaitsWhileWholeBatchesAreThere() {
        var pace = Pace()
        for turn in 0..<100 { #expect(pace.pause(at: turn * 50_000, afterTaking: Pace.busy) == 0) }
        #expect(pace.pause(at: 100 * 50_000, afterTaking: Pace.busy - 1) == Pace.interval - 50_000)
    }
}
