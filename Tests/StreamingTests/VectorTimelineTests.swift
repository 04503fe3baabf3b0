import DuctusStreaming
import Testing

@Suite struct VectorTimelineTests {
    private func frames(_ count: Int, at time: Int64?, rate: Float = 50) -> FeatureFrames {
        FeatureFrames(time: time, rate: rate, channels: 1, values: [Float](repeating: 0, count: count))
    }

    @Test func packetsInOrderFollowEachOther() {
        var timeline = VectorTimeline()
        for packet in 0..<5 {
            #expect(timeline.place(frames(10, at: Int64(packet) * 200_000), lost: 0) == .next)
        }
    }

    @Test func aStampThatIsALittleLateIsNoGap() {
        var timeline = VectorTimeline()
        _ = timeline.place(frames(10, at: 0), lost: 0)
        #expect(timeline.place(frames(10, at: 270_000), lost: 0) == .next)
        // Off by the lateness of the one before.
        #expect(timeline.place(frames(10, at: 400_000), lost: 0) == .next)
    }

    @Test func lostPacketsAreMeasuredByTheClock() {
        var timeline = VectorTimeline()
        _ = timeline.place(frames(10, at: 0), lost: 0)
        #expect(timeline.place(frames(10, at: 260_000), lost: 1) == .missing(3))
        #expect(timeline.place(frames(10, at: 460_000), lost: 1) == .next)
        #expect(timeline.place(frames(10, at: 1_660_000), lost: 0) == .missing(50))
    }

    @Test func withoutAClockLostPacketsWereLikeTheLast() {
        var timeline = VectorTimeline()
        _ = timeline.place(frames(7, at: nil), lost: 0)
        #expect(timeline.place(frames(5, at: nil), lost: 2) == .missing(14))
        #expect(timeline.place(frames(5, at: nil), lost: 0) == .next)
        #expect(timeline.place(frames(5, at: nil), lost: .max) == .jump)
    }

    @Test(arguments: [-500_000, 8_000_000_000, Int64.min, Int64.max])
    func aClockThatWasSetIsAJump(_ time: Int64) {
        var timeline = VectorTimeline()
        _ = timeline.place(frames(10, at: 1_000), lost: 0)
        #expect(timeline.place(frames(10, at: time), lost: 0) == .jump)
        // It goes on from there.
        let next = time.addingReportingOverflow(200_000)
        if !next.overflow { #expect(timeline.place(frames(10, at: next.partialValue), lost: 0) == .next) }
    }
}
