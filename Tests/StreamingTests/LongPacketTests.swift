import DuctusFoundations
import DuctusInk
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Synchronization
import Testing

/// A long packet is read in pieces, between which others are read, and gives what it gives in one go.
@Suite struct LongPacketTests {
    private let clock = HandClock()
    private let pipeline: Pipeline

    init() throws {
        pipeline = Pipeline(
            name: "test", input: .ink, models: try TinyModel.store(), decoding: .bestPath, window: WindowRule(hop: 0.1))
    }

    /// Time that goes on by a millisecond whenever it is asked for.
    private final class BusyClock: Clock {
        private let asked = Atomic<Int64>(0)
        var monotonic: Int64 { asked.add(1, ordering: .relaxed).newValue * 1_000_000 }
        var unixMicroseconds: Int64 { 1_700_000_000_000_000 }
    }

    /// Taps in rows: each a report and its end.
    private func taps(_ count: Int) -> [PenSample] {
        (0..<count).flatMap { tap in
            let at = Sample(x: 150 + Float(tap % 100) * 3, y: 960 + Float(tap % 7) + Float(tap / 100) * 40)
            return [PenSample(at), PenSample(at, contact: false)]
        }
    }

    /// Lines of letters, with what ends a segment between them.
    private func page(_ lines: Int, seed: UInt64) -> [PenSample] {
        var pen = ScribblingPen(seed: seed)
        return (0..<lines).flatMap { line in
            defer { if line % 2 == 0 { pen.nextLine() } else { pen.rest(seconds: 3) } }
            return pen.letters(25).flatMap { $0 }
        }
    }

    private func dots(_ count: Int) -> [PenSample] {
        var random = SplitMix64(seed: 5)
        return (0..<count).flatMap { _ in
            let at = Sample(x: 1000 * random.uniform(), y: 3000 * random.uniform())
            return [PenSample(at), PenSample(at, contact: false)]
        }
    }

    private func arrival(_ publisher: inout TestPublisher, _ reports: [PenSample], first: UInt32? = nil) -> Arrival {
        Arrival(
            stream: publisher.stream, packet: publisher.packet(.samples(reports, firstStroke: first)),
            from: publisher.client, pipeline: pipeline, arrived: clock.unixMicroseconds)
    }

    @Test(arguments: 0..<4)
    func thePiecesGiveWhatTheWholeGives(kind: Int) throws {
        let reports = [page(40, seed: 3), taps(1500), dots(3000), page(9, seed: 8) + taps(300) + page(20, seed: 9)][
            kind]
        /// - Parameter turns: whether other work is done between the pieces.
        func events(turns: Bool) -> (events: [LabelEvent], pieces: UInt64, samples: UInt64?) {
            let collector = Collector()
            let lane = Lane(clock: HandClock(), sink: collector)
            var publisher = TestPublisher("p", pipeline)
            var pen = ScribblingPen(seed: 1)
            for (number, reports) in [pen.letter(), reports, pen.letter()].enumerated() {
                let arrival = arrival(&publisher, reports, first: number == 1 ? 500 : nil)
                var isBegun = false
                while !lane.receivePiece(of: arrival, isBegun: isBegun) {
                    isBegun = true
                    if turns { lane.settle() }
                }
            }
            lane.settle()
            publisher.send(.endOfSegment, to: lane, at: clock)
            lane.settle()
            return (collector.events, lane.counters.pieces, lane.summaries.first?.samples)
        }
        let whole = events(turns: false), pieces = events(turns: true)
        // No piece has more than some hundred strokes.
        let strokes = reports.count { !$0.contact }
        #expect(pieces.pieces >= 4 + strokes / 256)
        #expect(whole.pieces == pieces.pieces)
        #expect(pieces.samples == whole.samples)
        #expect(whole.events.count(where: { $0.state == .final }) > 0)
        #expect(pieces.events == whole.events)
    }
    /// A pen beside floods of long packets waits for a piece of each, not for the packets.
    @Test func anotherPen_isReadBetweenThePieces() throws {
        let collector = Collector()
        let lane = Lane(clock: clock, sink: collector)
        var inbox = LaneInbox(LaneLimits())
        var helping = Helping()
        var floods = (0..<3).map { TestPublisher("flood-\($0)", pipeline, client: "one") }
        for _ in 0..<4 {
            for index in floods.indices {
                #expect(inbox.offer(arrival(&floods[index], taps(2000)), displaces: true).refusal == nil)
            }
        }
        func read() {
            helping.exchange(with: &inbox)
            helping.read(on: lane, othersWait: !inbox.isEmpty)
            lane.settle()
        }
        read()
        #expect(lane.counters.pieces == 3 && lane.counters.packets == 3, "the next ones wait for all of the first")
        var pen = TestPublisher("pen", pipeline, client: "one"), hand = ScribblingPen(seed: 2)
        #expect(inbox.offer(arrival(&pen, hand.letter()), displaces: true).refusal == nil)
        read()
        let samples = Dictionary(uniqueKeysWithValues: lane.summaries.map { ($0.stream.text, $0.samples) })
        #expect(samples["pen"] == UInt64(hand.strokes[0].samples.count))
        #expect(lane.counters.pieces == 7, "two of each flood")
        while !inbox.isEmpty || !helping.rest.isEmpty { read() }
        for summary in lane.summaries where summary.stream != pen.stream { #expect(summary.samples == 8000) }
        #expect(lane.counters.packets == 13 && lane.counters.pieces >= 12 * 2000 / 256)
    }

    /// What is not read within a helping's time goes back, in its order, and others come before it.
    @Test func aHelpingEndsInTime() throws {
        let lane = Lane(clock: BusyClock(), sink: Collector())
        var inbox = LaneInbox(LaneLimits())
        var helping = Helping()
        var flood = TestPublisher("flood", pipeline, client: "one"), pen = TestPublisher("pen", pipeline, client: "one")
        var hand = ScribblingPen(seed: 2)
        for _ in 0..<2000 { _ = inbox.offer(arrival(&flood, taps(1)), displaces: true) }
        helping.exchange(with: &inbox)
        #expect(inbox.isEmpty, "all of them are one helping, as long as nobody knows that they are hard to read")
        helping.read(on: lane, othersWait: false)
        let first = lane.counters.packets
        #expect((10...42).contains(first), "a packet takes a millisecond or more")
        #expect(helping.rest.count == 2000 - Int(first))
        for _ in 0..<3 { _ = inbox.offer(arrival(&pen, hand.letter()), displaces: true) }
        for _ in 0..<3 {
            helping.exchange(with: &inbox)
            helping.read(on: lane, othersWait: !inbox.isEmpty)
        }
        let samples = UInt64(hand.strokes.reduce(0) { $0 + $1.samples.count })
        #expect(lane.summaries.first { $0.stream == pen.stream }?.samples == samples)
        while !inbox.isEmpty || !helping.rest.isEmpty {
            helping.exchange(with: &inbox)
            helping.read(on: lane, othersWait: !inbox.isEmpty)
        }
        #expect(lane.summaries.first { $0.stream == flood.stream }?.samples == 2000)
        #expect(lane.counters.packets == 2003 && lane.counters.repeatedPackets == 0, "all of them, each once, in order")
    }

    /// A packet of which a piece was read keeps its place in an inbox that is full of its sender.
    @Test func aBegunPacket_isNotDisplaced() throws {
        let lane = Lane(clock: clock, sink: Collector())
        var inbox = LaneInbox(LaneLimits(queuedPackets: 16, queuedPacketsPerStream: 12, queuedPacketsPerClient: 16))
        var helping = Helping()
        var long = TestPublisher("long", pipeline, client: "one")
        #expect(inbox.offer(arrival(&long, taps(1000)), displaces: true).refusal == nil)
        helping.exchange(with: &inbox)
        helping.read(on: lane, othersWait: false)
        #expect(helping.rest.count == 1)
        inbox.giveBack(helping.rest)
        var others = (0..<40).map { TestPublisher("o\($0)", pipeline, client: "one") }
        for index in others.indices {
            let outcome = inbox.offer(arrival(&others[index], taps(1)), displaces: true)
            #expect(outcome.displaced.allSatisfy { $0.stream != long.stream })
        }
        var taken: [Arrival] = []
        inbox.take(into: &taken)
        #expect(taken.count == 16 && taken.contains { $0.stream == long.stream })
    }

    /// Two clients that send one stream: each packet is read to its end before the other's.
    @Test func aPacketOfAnotherClient_comesAfterAllOfTheFirst() throws {
        let lane = Lane(clock: clock, sink: Collector())
        var first = TestPublisher("p", pipeline, client: "first"),
            second = TestPublisher("p", pipeline, client: "second")
        second.sequence = 1
        let long = arrival(&first, taps(1000)), short = arrival(&second, taps(3))
        #expect(!lane.receivePiece(of: long))
        var isBegun = false
        while !lane.receivePiece(of: short, isBegun: isBegun) { isBegun = true }
        #expect(lane.summaries.first?.samples == 1003)
        #expect(lane.receivePiece(of: long, isBegun: true), "nothing is left of it")
        #expect(lane.summaries.first?.samples == 1003)
    }

    @Test func aStreamThatIsGivenUp_isNotBegunAgainByTheRest() throws {
        let lane = Lane(clock: clock, sink: Collector())
        var publisher = TestPublisher("p", pipeline)
        let long = arrival(&publisher, taps(1000))
        #expect(!lane.receivePiece(of: long))
        lane.abandon([publisher.stream])
        #expect(lane.receivePiece(of: long, isBegun: true))
        #expect(lane.streamCount == 0)
    }

    /// A task that refers to a stream finds all of its long packets read.
    @Test func aTaskComesAfterThePieces() throws {
        let thread = LaneThread(number: 0, limits: LaneLimits(), clock: HandClock(), sink: Collector())
        var publisher = TestPublisher("p", pipeline)
        for _ in 0..<3 { thread.post(arrival(&publisher, taps(1000))) }
        let samples = Mutex<UInt64?>(nil)
        thread.perform(after: [publisher.stream]) { lane in samples.withLock { $0 = lane.summaries.first?.samples } }
        thread.run()
        #expect(thread.stop(within: 60))
        #expect(samples.withLock { $0 } == 3000)
        #expect(thread.report.counters.pieces > 9)
    }

    // MARK: Vectors

    private func spans(_ collector: Collector) -> [LabelEvent.Span] {
        collector.events.flatMap { $0.spans.filter { $0.state == .final } }
    }

    /// One packet, in pieces, equals many; from a slower rate, too, where each vector becomes several.
    @Test(arguments: [Float(50), 10, 120], [ModelTask.frameLabels, .transcription])
    func aLongPacketOfVectors_equalsShortOnes(rate: Float, task: ModelTask) throws {
        var random = SplitMix64(seed: 4)
        let vectors = rate == 10 ? 16_000 : 60_000
        let values = random.wanderingVectors(vectors)
        let model = try TinyVectorModel.make(task: task, bidirectional: false)
        let pipeline = TinyVectorModel.pipeline(
            model, window: WindowRule(hop: 1, chunk: 4, lookahead: 6, maximum: 32),
            endpoint: EndpointRule(maximumSamples: 100_000))
        func read(inPacketsOf count: Int) -> (spans: [LabelEvent.Span], final: LabelEvent?, pieces: UInt64) {
            let collector = Collector()
            let lane = Lane(clock: HandClock(), sink: collector)
            var publisher = SensorPublisher("s", pipeline)
            publisher.rate = rate
            for first in stride(from: 0, to: vectors, by: count) {
                publisher.send(values[(3 * first)..<(3 * min(vectors, first + count))], to: lane, at: clock)
            }
            publisher.send(.endOfSegment, to: lane, at: clock)
            lane.settle()
            return (spans(collector), collector.finals.first, lane.counters.pieces)
        }
        let long = read(inPacketsOf: vectors), short = read(inPacketsOf: 4_000)
        #expect(long.pieces >= 4 && short.final?.sampleCount == vectors)
        #expect(
            long.spans.map(\.frames) == short.spans.map(\.frames) && long.spans.map(\.name) == short.spans.map(\.name))
        #expect(long.final?.text == short.final?.text && long.final?.sampleCount == short.final?.sampleCount)
        #expect(long.final?.gaps == LabelEvent.Gaps())
        #expect(task == .frameLabels ? long.spans.count > 100 : long.final?.text.isEmpty == false)
    }

    /// A segment has a bound, also within one packet.
    @Test func aPacketOfMoreThanASegment_isDivided() throws {
        let model = try TinyVectorModel.make(bidirectional: false)
        let collector = Collector()
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s", TinyVectorModel.pipeline(model, window: WindowRule(), endpoint: EndpointRule(maximumSamples: 1000)))
        var random = SplitMix64(seed: 4)
        publisher.send(random.wanderingVectors(1000), to: lane, at: clock)
        publisher.send(random.wanderingVectors(10_500), to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.map(\.sampleCount) == [Int](repeating: 1000, count: 11) + [500])
        #expect(collector.finals.map(\.ending) == [LabelEvent.Ending?](repeating: .maximum, count: 11) + [.explicit])
        // Time goes on from segment to segment.
        let spans = spans(collector)
        for (span, next) in zip(spans, spans.dropFirst()) {
            let (end, start) = try (#require(span.time).upperBound, #require(next.time).lowerBound)
            #expect(abs(end - start) <= 40_000)
        }
        #expect(collector.finals.allSatisfy { $0.gaps == LabelEvent.Gaps() })
    }
}
