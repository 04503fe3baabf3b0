import DuctusStreaming
import StreamingTestSupport
import Testing

@Suite struct ListeningClockTests {
    @Test func timeBeyondTheLongestGapIsNotCounted() {
        let hand = HandClock()
        var clock = ListeningClock(hand)
        clock.longestGap = 1_000_000_000
        let start = clock.look().monotonic
        hand.advance(seconds: 0.75)
        #expect(clock.look().monotonic - start == 750_000_000)
        // The process stands still.
        hand.advance(seconds: 20)
        #expect(clock.look().monotonic - start == 1_750_000_000)
        hand.advance(seconds: 0.5)
        #expect(clock.look().monotonic - start == 2_250_000_000)
    }

    @Test func everythingCountsUntilAGapIsTooLong() {
        let hand = HandClock()
        var clock = ListeningClock(hand)
        let start = clock.look().monotonic
        hand.advance(seconds: 500)
        #expect(clock.look().monotonic - start == 500_000_000_000)
    }
}
