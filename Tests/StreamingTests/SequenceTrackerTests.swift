import DuctusStreaming
import Testing

@Suite struct SequenceTrackerTests {
    @Test func consecutiveNumbersAreNoGap() {
        var tracker = SequenceTracker()
        #expect(tracker.note(epoch: 1, sequence: 5) == .first)
        #expect(tracker.note(epoch: 1, sequence: 6) == .next)
        #expect(tracker.note(epoch: 1, sequence: 7) == .next)
    }

    @Test func numbersLeftOutAreCounted() {
        var tracker = SequenceTracker()
        _ = tracker.note(epoch: 1, sequence: 0)
        #expect(tracker.note(epoch: 1, sequence: 4) == .gap(3))
        #expect(tracker.note(epoch: 1, sequence: 5) == .next)
    }

    @Test func whatCameBeforeIsRepeated() {
        var tracker = SequenceTracker()
        _ = tracker.note(epoch: 1, sequence: 3)
        #expect(tracker.note(epoch: 1, sequence: 3) == .repeated)
        #expect(tracker.note(epoch: 1, sequence: 0) == .repeated)
        #expect(tracker.note(epoch: 1, sequence: 4) == .next)
    }

    @Test func newEpochBeginsAnewWithoutGap() {
        var tracker = SequenceTracker()
        _ = tracker.note(epoch: 1, sequence: 100)
        #expect(tracker.note(epoch: 2, sequence: 0) == .newEpoch)
        #expect(tracker.note(epoch: 2, sequence: 1) == .next)
    }

    @Test func absurdNumbersDoNotOverflow() {
        var tracker = SequenceTracker()
        _ = tracker.note(epoch: 0, sequence: 0)
        #expect(tracker.note(epoch: 0, sequence: .max) == .gap(.max - 1))
        #expect(tracker.note(epoch: 0, sequence: .max) == .repeated, "the last number there is, again")
        #expect(tracker.note(epoch: 0, sequence: 3) == .repeated)
    }
}
