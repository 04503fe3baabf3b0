import DuctusInk
import DuctusStreaming
import StreamingTestSupport
import Synchronization
import Testing

/// Whoever sends little gets its packets in, and read, however much others send.
@Suite struct LaneInboxTests {
    private let pipeline: Pipeline

    init() throws {
        pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store(), decoding: .bestPath)
    }

    /// A packet of some samples, about 40 bytes each.
    private func packet(_ publisher: inout TestPublisher, samples: Int = 3) -> Arrival {
        let content = InkPacket.Content.samples(
            (0..<samples).map { PenSample(Sample(x: Float($0), y: 0)) }, firstStroke: nil)
        return Arrival(
            stream: publisher.stream, packet: publisher.packet(content), from: publisher.client, pipeline: pipeline,
            arrived: 0)
    }

    /// Fills an inbox: as many packets as it may hold of a client, and half as many again, come from each stream in turn.
    private func flood(
        _ inbox: inout LaneInbox, streams: Int, client: String = "one", packets: Int, samples: Int = 3
    ) -> (taken: Int, displaced: Int) {
        var publishers = (0..<streams).map { TestPublisher("flood-\(client)-\($0)", pipeline, client: client) }
        var (taken, displaced) = (0, 0)
        for number in 0..<(packets + packets / 2) {
            let outcome = inbox.offer(packet(&publishers[number % streams], samples: samples), displaces: true)
            displaced += outcome.displaced.reduce(0) { $0 + $1.packets }
            if outcome.refusal == nil { taken += 1 }
        }
        return (taken, displaced)
    }

    private func takeAll(_ inbox: inout LaneInbox) -> [Arrival] {
        var all: [Arrival] = []
        while !inbox.isEmpty {
            var taken: [Arrival] = []
            inbox.take(into: &taken)
            all += taken
        }
        return all
    }

    @Test(arguments: [1, 200])
    func aStreamWithLittle_comesIntoAnInboxFullOfItsClient(streams: Int) {
        var inbox = LaneInbox(LaneLimits(queuedPacketsPerClient: 8_000))
        let flooded = flood(&inbox, streams: streams, packets: 8_000)
        #expect((7_500...8_000).contains(flooded.taken - flooded.displaced))
        var pen = TestPublisher("pen", pipeline, client: "one")
        var lost = 0
        for _ in 0..<30 {
            let outcome = inbox.offer(packet(&pen, samples: 20), displaces: true)
            #expect(outcome.refusal == nil)
            #expect(outcome.displaced.allSatisfy { $0.stream != pen.stream && $0.client == pen.client })
            lost += outcome.displaced.reduce(0) { $0 + $1.packets }
        }
        #expect(lost > 0 || streams > 1)
        #expect(inbox.refused == UInt64(12_000 - flooded.taken + flooded.displaced + lost))
        var first: [Arrival] = []
        inbox.take(into: &first)
        // Its turns come as often as those of any other, not after all that came before.
        #expect(first.count { $0.stream == pen.stream } >= min(30, first.count / (4 * (streams + 1))))
        let all = first + takeAll(&inbox)
        #expect(all.count == flooded.taken - flooded.displaced + 30 - lost, "what was taken in comes out")
        #expect(all.count { $0.stream == pen.stream } == 30)
    }

    @Test func aClientWithLittle_comesIntoAFullLane() {
        var inbox = LaneInbox(LaneLimits(queuedPackets: 10_000, queuedPacketsPerClient: 5_000))
        for client in ["a", "b", "c"] { _ = flood(&inbox, streams: 5, client: client, packets: 5_000) }
        var pen = TestPublisher("pen", pipeline, client: "pen")
        for _ in 0..<30 { #expect(inbox.offer(packet(&pen), displaces: true).refusal == nil) }
        var first: [Arrival] = []
        inbox.take(into: &first)
        #expect(first.count { $0.stream == pen.stream } == 30)
    }

    @Test func bytesAreShared_too() {
        let limits = LaneLimits(queuedBytesPerClient: 8 << 20)
        var inbox = LaneInbox(limits)
        _ = flood(&inbox, streams: 20, packets: 400, samples: 4000)
        var pen = TestPublisher("pen", pipeline, client: "one")
        for _ in 0..<5 { #expect(inbox.offer(packet(&pen, samples: 1000), displaces: true).refusal == nil) }
        let all = takeAll(&inbox)
        #expect(all.count { $0.stream == pen.stream } == 5)
        #expect(all.reduce(0) { $0 + $1.packet.byteCount } <= limits.queuedBytesPerClient + 300_000)
    }

    /// The order of each stream is that of its packets, whatever was refused or lost its place.
    @Test func theOrderOfAStreamStays() {
        var inbox = LaneInbox(LaneLimits(queuedPackets: 9_000, queuedPacketsPerClient: 6_000))
        var publishers = (0..<40).map { TestPublisher("s\($0)", pipeline, client: "c\($0 % 3)") }
        var taken: [Arrival] = []
        for round in 0..<20_000 {
            let index = (round * round) % publishers.count
            _ = inbox.offer(packet(&publishers[index]), displaces: true)
            if round % 1_000 == 999 {
                var some: [Arrival] = []
                inbox.take(into: &some, atMost: round % 400)
                #expect(some.count <= round % 400)
                taken += some
            }
        }
        taken += takeAll(&inbox)
        for (_, packets) in Dictionary(grouping: taken, by: \.stream) {
            let numbers = packets.map(\.packet.sequence)
            #expect(numbers == numbers.sorted())
        }
    }

    /// Turns go by the time that reading takes, where bytes do not tell.
    @Test func whatIsHardToRead_countsAsThat() {
        var inbox = LaneInbox(LaneLimits())
        var hard = (0..<50).map { TestPublisher("hard-\($0)", pipeline, client: "one") }
        for _ in 0..<200 {
            for index in hard.indices { _ = inbox.offer(packet(&hard[index]), displaces: true) }
        }
        var taken: [Arrival] = []
        for _ in 0..<200 {
            taken.removeAll()
            inbox.take(into: &taken, atMost: 1)
            for arrival in taken { inbox.charge(PacketReading(arrival, nanoseconds: 10_000_000)) }
        }
        var pen = TestPublisher("pen", pipeline, client: "one")
        for _ in 0..<20 { _ = inbox.offer(packet(&pen), displaces: true) }
        taken.removeAll()
        inbox.take(into: &taken, atMost: 40)
        #expect(taken.count { $0.stream == pen.stream } == 20, "not one of each round of fifty")
    }

    /// Packets that are hard to read come in smaller helpings, one at a time if need be; others soon in large ones again.
    @Test func helpingsAreOfBoundedTime() {
        var helping = LaneInbox.mostPackets
        func read(_ milliseconds: Int64) {
            helping = Helping.number(after: helping, in: Int64(helping) * milliseconds * 1_000_000, of: helping)
        }
        for _ in 0..<6 { read(100) }
        #expect(helping == 1)
        read(20)
        #expect(helping == 1)
        for _ in 0..<20 { helping = Helping.number(after: helping, in: 1_000_000, of: helping) }
        #expect(helping == LaneInbox.mostPackets)
        // Few packets that took long count as those few.
        #expect(Helping.number(after: 8, in: 1_000_000_000, of: helping) == 2)
    }

    /// A library's packets are its user's own: what was accepted stays.
    @Test func nothingIsDisplacedWhereThatIsNotWanted() {
        var inbox = LaneInbox(LaneLimits(queuedPackets: 10, queuedPacketsPerStream: 8))
        var first = TestPublisher("first", pipeline), second = TestPublisher("second", pipeline)
        for _ in 0..<8 { #expect(inbox.offer(packet(&first), displaces: false).refusal == nil) }
        #expect(inbox.offer(packet(&first), displaces: false).refusal == .stream)
        for _ in 0..<2 { #expect(inbox.offer(packet(&second), displaces: false).refusal == nil) }
        #expect(inbox.offer(packet(&second), displaces: false).refusal == .lane)
        #expect(takeAll(&inbox).count == 10)
    }

    /// A task that refers to a stream finds its packets read.
    @Test func aTaskComesAfterThePacketsOfItsStream() throws {
        let collector = Collector()
        let thread = LaneThread(number: 0, limits: LaneLimits(), clock: HandClock(), sink: collector)
        var noise = TestPublisher("noise", pipeline, client: "noise"), pen = TestPublisher("pen", pipeline)
        // Several helpings.
        for _ in 0..<6_000 { thread.post(packet(&noise)) }
        for _ in 0..<6_000 { thread.post(packet(&pen)) }
        let samples = Mutex<UInt64?>(nil)
        thread.perform(after: [pen.stream]) { lane in
            samples.withLock { $0 = lane.summaries.first { $0.stream.text == "pen" }?.samples }
        }
        thread.run()
        #expect(thread.stop(within: 60))
        #expect(samples.withLock { $0 } == 18_000)
        #expect(thread.report.counters.packets == 12_000)
    }
}
