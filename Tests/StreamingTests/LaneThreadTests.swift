import DuctusStreaming
import Foundation
import StreamingTestSupport
import Testing

/// A lane's thread, and the time that passes while it cannot run.
@Suite struct LaneThreadTests {
    private let clock = HandClock()

    /// A process that stood still for longer than a pen may be silent reads first what was sent meanwhile.
    @Test func aStandstillIsNoSilence() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        let collector = Collector()
        let thread = LaneThread(number: 0, limits: LaneLimits(), clock: clock, sink: collector)
        var pen = ScribblingPen(seed: 5), publisher = TestPublisher("p", pipeline)
        func post(_ content: InkPacket.Content) {
            thread.post(
                Arrival(
                    stream: publisher.stream, packet: publisher.packet(content), pipeline: pipeline,
                    arrived: clock.unixMicroseconds))
        }
        /// Waits until the lane has taken some turns since now.
        func turns(_ count: UInt64) {
            let goal = thread.beat + count
            while thread.beat < goal { usleep(1000) }
        }
        thread.run()
        post(.samples(pen.letters(2).flatMap { $0 }, firstStroke: nil))
        turns(5)
        clock.advance(seconds: 5)
        turns(5)
        #expect(collector.finals.isEmpty)
        // It was sent during the standstill, and comes after it.
        post(.samples(pen.letters(2).flatMap { $0 }, firstStroke: nil))
        turns(5)
        clock.advance(seconds: 0.3)
        turns(5)
        #expect(collector.finals.isEmpty)
        // A silence that passes as time does ends the segment, with all strokes.
        for _ in 0..<40 where collector.finals.isEmpty {
            clock.advance(seconds: 0.1)
            turns(3)
        }
        #expect(collector.finals.map(\.strokes) == [[0, 1, 2, 3]])
        #expect(collector.finals.first?.ending == .idle)
        #expect(thread.stop(within: 60))
    }
    /// A lane whose every turn comes late still ends what is silent.
    @Test func lateTurnsDoNotKeepASilenceOpenForEver() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        let collector = Collector()
        let thread = LaneThread(number: 0, limits: LaneLimits(), clock: clock, sink: collector)
        var pen = ScribblingPen(seed: 5), publisher = TestPublisher("p", pipeline)
        thread.run()
        thread.post(
            Arrival(
                stream: publisher.stream,
                packet: publisher.packet(.samples(pen.letters(2).flatMap { $0 }, firstStroke: nil)),
                pipeline: pipeline, arrived: clock.unixMicroseconds))
        for _ in 0..<60 where collector.finals.isEmpty {
            let goal = thread.beat + 1
            while thread.beat < goal { usleep(1000) }
            // The next turn is late once more.
            clock.advance(seconds: 3)
        }
        #expect(collector.finals.map(\.ending) == [.idle])
        #expect(thread.stop(within: 60))
    }
}
