import DuctusStreaming
import StreamingTestSupport
import Synchronization
import Testing

/// Whoever sees a final may correct it at once.
@Suite struct FinalOrderTests {
    /// Keeps in which order a lane gives out what belongs to a final.
    private final class Order: LabelSink {
        private let calls = Mutex<[String]>([])
        var all: [String] { calls.withLock { $0 } }

        func publish(_ event: LabelEvent) {
            if event.state == .final { calls.withLock { $0.append("published \(event.segment)") } }
        }

        func finished(_ segment: FinishedSegment) {
            calls.withLock { $0.append("finished \(segment.event.segment)") }
        }
    }

    @Test func aSegmentIsKnownBeforeItsFinalIsPublished() throws {
        let (order, clock) = (Order(), HandClock())
        let lane = Lane(clock: clock, sink: order)
        var pen = ScribblingPen(seed: 1)
        var publisher = TestPublisher("p", Pipeline(name: "test", input: .ink, models: try TinyModel.store()))
        for _ in 0..<2 {
            for letter in pen.letters(3) { publisher.send(letter, to: lane, at: clock) }
            publisher.send(.endOfSegment, to: lane, at: clock)
            lane.settle()
        }
        let segments = order.all.filter { $0.hasPrefix("finished") }.map { $0.dropFirst("finished ".count) }
        #expect(segments.count == 2)
        #expect(order.all == segments.flatMap { ["finished \($0)", "published \($0)"] })
    }
}
