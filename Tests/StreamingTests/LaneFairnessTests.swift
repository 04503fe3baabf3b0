import DuctusFoundations
import DuctusInk
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// One client, or one stream, cannot keep the others from being read, nor fill the memory.
@Suite struct LaneFairnessTests {
    let clock = HandClock()
    let collector = Collector()

    /// Ink of thousands of frames in one packet.
    private func flood(_ samples: Int = 3000) -> [PenSample] {
        (0..<samples).map { PenSample(Sample(x: Float($0 * 3 % 9000), y: Float($0 * 7 % 400))) }
    }

    private func pipeline() throws -> Pipeline {
        Pipeline(name: "test", input: .ink, models: try TinyModel.store(), decoding: .bestPath)
    }

    /// Long windows fill a turn's call as many short ones do.
    @Test func aTurnReadsFewLongWindows() throws {
        let pipeline = try pipeline()
        let lane = Lane(clock: clock, sink: collector)
        for number in 0..<12 {
            var publisher = TestPublisher("f\(number)", pipeline)
            let reports = flood().enumerated().map {
                PenSample(Sample(x: $1.sample.x, y: $1.sample.y, time: Int64($0) * 10_000))
            }
            publisher.send(reports, to: lane, at: clock)
        }
        lane.turn()
        #expect(lane.counters.windows == 4, "2,048 frames")
        lane.settle()
        #expect(Set(collector.events.map(\.stream)).count == 12)
    }

    @Test(arguments: ["victim", "flood"])
    func aSmallFinalComesBeforeTheFloodsThatWaited(client: String) throws {
        let pipeline = try pipeline()
        let lane = Lane(clock: clock, sink: collector)
        for number in 0..<30 {
            var publisher = TestPublisher("f\(number)", pipeline, client: "flood")
            publisher.send(flood(), to: lane, at: clock)
            publisher.send(.endOfSegment, to: lane, at: clock)
        }
        lane.turn()
        let before = collector.finals.count
        var victim = TestPublisher("victim", pipeline, client: client)
        var pen = ScribblingPen(seed: 1)
        for letter in pen.letters(5) { victim.send(letter, to: lane, at: clock) }
        victim.send(.endOfSegment, to: lane, at: clock)
        lane.turn()
        #expect(collector.finals.dropFirst(before).contains { $0.stream == victim.stream })
        lane.settle()
        #expect(collector.finals.count == 31)
        #expect(collector.finals.allSatisfy { $0.failure == nil })
    }

    @Test func whatAClientKeepsWaitingIsBoundedDroppedAndSaid() throws {
        let pipeline = try pipeline()
        let limits = LaneLimits(clientFrames: 20_000)
        let lane = Lane(limits: limits, clock: clock, sink: collector)
        var victim = TestPublisher("victim", pipeline, client: "flood")
        var pen = ScribblingPen(seed: 1)
        for letter in pen.letters(5) { victim.send(letter, to: lane, at: clock) }
        victim.send(.endOfSegment, to: lane, at: clock)
        var most = 0
        for round in 0..<3 {
            for number in 0..<20 {
                var publisher = TestPublisher("f\(number)", pipeline, client: "flood")
                publisher.epoch = UInt64(round)
                publisher.send(flood(), to: lane, at: clock)
                publisher.send(.endOfSegment, to: lane, at: clock)
                most = max(most, lane.waitingFrames)
            }
        }
        #expect(most <= 20_000)
        #expect(!collector.gaveUp.isEmpty && lane.report.givenUpFinals == UInt64(collector.gaveUp.count))
        #expect(collector.gaveUp.allSatisfy { $0.client.description == "flood" && $0.reason.contains("20000 frames") })
        #expect(lane.report.drops["given_up"] == lane.report.givenUpFinals)
        lane.settle()
        // Every segment gets its final; those that were let go of say why they are empty.
        #expect(collector.finals.count == 61)
        let failed = collector.finals.filter { $0.failure != nil }
        #expect(failed.count == collector.gaveUp.count && failed.allSatisfy { $0.text.isEmpty })
        #expect(collector.finals.first { $0.stream == victim.stream }?.failure == nil)
        #expect(collector.finishedSegments.allSatisfy { !$0.failed || $0.isEmpty })
        let numbers = Dictionary(grouping: collector.finals, by: \.stream).mapValues { $0.map(\.segment) }
        #expect(numbers.values.allSatisfy { $0 == $0.sorted() })
        #expect(lane.waitingFrames == 0)
    }

    @Test func whatAllClientsKeepWaitingIsBoundedAtTheCostOfTheLargest() throws {
        let pipeline = try pipeline()
        let bound = 1 << 20
        let lane = Lane(limits: LaneLimits(waitingBytes: bound), clock: clock, sink: collector)
        for number in 0..<20 {
            for (client, samples) in [("large", 2000), ("small", 50)] {
                var publisher = TestPublisher("\(client)-\(number)", pipeline, client: client)
                publisher.send(flood(samples), to: lane, at: clock)
                publisher.send(.endOfSegment, to: lane, at: clock)
            }
        }
        #expect(lane.byteCount < bound + (1 << 18))
        #expect(!collector.gaveUp.isEmpty && collector.gaveUp.allSatisfy { $0.client.description == "large" })
    }

    @Test func partialsAreSharedAmongClients() throws {
        let pipeline = Pipeline(
            name: "test", input: .ink, models: try TinyModel.store(), decoding: .bestPath,
            window: WindowRule(hop: 0.1))
        let lane = Lane(limits: LaneLimits(batch: 4), clock: clock, sink: collector)
        func write(_ name: String, _ client: String) {
            var publisher = TestPublisher(name, pipeline, client: client)
            var pen = ScribblingPen(seed: 2)
            for letter in pen.letters(4) { publisher.send(letter, to: lane, at: clock) }
        }
        for number in 0..<100 { write("many-\(number)", "many") }
        write("one", "one")
        lane.turn()
        #expect(collector.events.contains { $0.stream.text == "one" })
    }

    @Test func theInboxHoldsNoMoreOfOneClientThanItMay() throws {
        let pipeline = try pipeline()
        let limits = LaneLimits(queuedPackets: 10, queuedPacketsPerClient: 6)
        let thread = LaneThread(number: 0, limits: limits, clock: SystemClock(), sink: Collector())
        func offer(_ name: String, _ client: String, _ count: Int) -> [InboxRefusal?] {
            var publisher = TestPublisher(name, pipeline, client: client)
            return (0..<count).map { _ in
                let arrival = Arrival(
                    stream: publisher.stream, packet: publisher.packet(.endOfSegment), from: publisher.client,
                    pipeline: pipeline, arrived: 0)
                return thread.offer(arrival, displaces: false).refusal
            }
        }
        #expect(offer("a", "loud", 4) + offer("b", "loud", 4) == [nil, nil, nil, nil, nil, nil, .client, .client])
        #expect(offer("c", "calm", 5) == [nil, nil, nil, nil, .lane])
    }

    /// Finals that are let go of are kept until they were said, but not without end.
    @Test func finalsThatSayWhyTheyAreEmpty_areBounded_too() throws {
        let pipeline = try pipeline()
        let bound = 256 << 10
        let lane = Lane(limits: LaneLimits(clientFrames: 5_000, clientBytes: bound), clock: clock, sink: collector)
        var publishers = (0..<20).map { TestPublisher("f\($0)", pipeline, client: "flood") }
        var most = 0
        // No turn: nothing is read, and nothing can be said.
        for _ in 0..<400 {
            for index in publishers.indices {
                publishers[index].send(flood(3), to: lane, at: clock)
                publishers[index].send(.endOfSegment, to: lane, at: clock)
            }
            most = max(most, lane.byteCount)
        }
        #expect(most < 2 * bound + 20 * 4096)
        #expect(lane.report.refusals[.memory, default: 0] > 0)
        var victim = TestPublisher("victim", pipeline, client: "flood")
        var pen = ScribblingPen(seed: 1)
        for letter in pen.letters(5) { victim.send(letter, to: lane, at: clock) }
        victim.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.contains { $0.stream == victim.stream && $0.failure == nil })
    }

    /// A line does not end because the lane is late: its other half waits to be read.
    @Test func aLineWhoseInkWaits_isNotQuiet() throws {
        let pipeline = try pipeline()
        let lane = Lane(clock: clock, sink: collector)
        var writer = TestPublisher("pen", pipeline, client: "one")
        var pen = ScribblingPen(seed: 1)
        for letter in pen.letters(3) { writer.send(letter, to: lane, at: clock) }
        lane.unread = [writer.stream]
        clock.advance(seconds: 60)
        lane.settle()
        #expect(collector.finals.isEmpty)
        lane.unread = []
        clock.advance(seconds: 0.1)
        lane.settle()
        #expect(collector.finals.map(\.ending) == [.idle])
    }

    /// A stream that waits for each answer does not wait for those that never do.
    @Test func whoKeepsLittleWaiting_goesBeforeWhoKeepsMuch() throws {
        var queue = FairQueue<Int>()
        for stream in 0..<200 {
            queue.add(
                stream, of: .named("s\(stream)"), from: ClientIdentifier("one"), cost: 50, waiting: 50_000)
        }
        func turn() throws -> Int {
            let next = queue.next()
            let stream = try #require(next)
            if stream >= 0 {
                queue.add(
                    stream, of: .named("s\(stream)"), from: ClientIdentifier("one"), cost: 50, waiting: 50_000)
            }
            return stream
        }
        for _ in 0..<1000 { _ = try turn() }
        queue.add(-1, of: .named("pen"), from: ClientIdentifier("one"), cost: 500, waiting: 500)
        var turns = 0
        while try turn() >= 0 { turns += 1 }
        #expect(turns < 100, "not ten turns of each of 200 streams")
    }

    /// A pen that writes line after line among segments of thousands of frames, all of one client.
    @Test func shortWork_doesNotWaitForLongWork() throws {
        var queue = FairQueue<Int>()
        let one = ClientIdentifier("one")
        func add(_ stream: Int) {
            let frames = stream < 0 ? 400 : 4_000
            queue.add(stream, of: .named("s\(stream)"), from: one, cost: frames, waiting: frames)
        }
        for stream in 0..<200 { add(stream) }
        for _ in 0..<60 {
            add(-1)
            var turns = 0
            while true {
                let next = queue.next()
                let stream = try #require(next)
                if stream < 0 { break }
                add(stream)
                turns += 1
            }
            #expect(turns <= 2)
        }
        // A batch of little work is not made longer by a large piece.
        add(-1)
        #expect(queue.next(upTo: 2_000) == -1)
        #expect(queue.next(upTo: 2_000) == nil && queue.count == 200)
    }
}
