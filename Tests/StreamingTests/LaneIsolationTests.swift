import DuctusFoundations
import DuctusInk
import DuctusRandomness
import DuctusPages
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Synchronization
import Testing

/// Streams do not see each other, generations do not mix, limits hold.
@Suite struct LaneIsolationTests {
    let clock = HandClock()

    struct Script {
        var name: String
        var steps: [InkPacket.Content]
    }

    /// Several lines by several pens, with ends of every kind.
    func scripts(_ count: Int, seed: UInt64) -> [Script] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { index in
            var pen = ScribblingPen(seed: seed &* 1000 &+ UInt64(index))
            var steps: [InkPacket.Content] = []
            for line in 0..<3 {
                for letter in pen.letters(4 + Int(generator.uniform() * 6)) {
                    let cut = Int(generator.uniform() * Float(letter.count))
                    steps.append(.samples(Array(letter[..<cut]), firstStroke: nil))
                    steps.append(.samples(Array(letter[cut...]), firstStroke: nil))
                }
                switch (line + index) % 3 {
                case 0: steps.append(.endOfSegment)
                case 1: pen.rest(seconds: 3)
                default: pen.nextLine()
                }
            }
            steps.append(.proximityOut)
            return Script(name: "pen-\(index)", steps: steps)
        }
    }

    struct Reading: Equatable {
        var text: String
        var ranges: [Range<Int>]
        var strokes: [UInt32]
        var ending: LabelEvent.Ending?
    }

    func readings(of finals: [LabelEvent]) -> [String: [Reading]] {
        Dictionary(grouping: finals, by: \.stream.text).mapValues { finals in
            finals.map {
                Reading(text: $0.text, ranges: $0.symbols.map(\.samples), strokes: $0.strokes, ending: $0.ending)
            }
        }
    }

    @Test func interleavedStreamsReadExactlyAsEachAlone() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store(), window: WindowRule(hop: 0.2))
        for seed in UInt64(1)...4 {
            let scripts = scripts(6, seed: seed)
            var alone: [String: [Reading]] = [:]
            for script in scripts {
                let collector = Collector()
                let lane = Lane(clock: clock, sink: collector)
                var publisher = TestPublisher(script.name, pipeline)
                for step in script.steps {
                    publisher.send(step, to: lane, at: clock)
                    lane.settle()
                }
                // The pen stays out of reach.
                clock.advance(seconds: 1.2)
                lane.settle()
                alone.merge(readings(of: collector.finals)) { $0 + $1 }
            }

            let collector = Collector()
            let lane = Lane(limits: LaneLimits(batch: 3), clock: clock, sink: collector)
            var generator = SplitMix64(seed: seed + 99)
            var publishers = scripts.map { TestPublisher($0.name, pipeline) }
            var next = [Int](repeating: 0, count: scripts.count)
            while true {
                let left = scripts.indices.filter { next[$0] < scripts[$0].steps.count }
                guard !left.isEmpty else { break }
                let chosen = left[min(left.count - 1, Int(generator.uniform() * Float(left.count)))]
                publishers[chosen].send(scripts[chosen].steps[next[chosen]], to: lane, at: clock)
                next[chosen] += 1
                // Sometimes the lane falls behind, sometimes time passes.
                if generator.uniform() < 0.4 { lane.turn() }
                if generator.uniform() < 0.1 { clock.advance(seconds: 0.05) }
            }
            lane.settle()
            clock.advance(seconds: 1.2)
            lane.settle()
            let together = readings(of: collector.finals)
            #expect(together == alone)
            #expect(together.values.allSatisfy { $0.count >= 3 })
            #expect(together.values.joined().contains { !$0.text.isEmpty })
        }
    }

    @Test func segmentKeepsTheGenerationItBeganWith() throws {
        let models = try TinyModel.store(seed: 1)
        let other = Served(model: try TinyModel.make(seed: 2), generation: .init(number: 2))
        let collector = Collector()
        let lane = Lane(clock: clock, sink: collector)
        let pipeline = Pipeline(name: "test", input: .ink, models: models)
        var first = TestPublisher("first", pipeline), second = TestPublisher("second", pipeline)
        var pen = ScribblingPen(seed: 31), fresh = ScribblingPen(seed: 32)
        let old = models.current(for: nil).model
        for letter in pen.letters(6) {
            first.send(letter, to: lane, at: clock)
            lane.settle()
        }
        models.replace(with: other)
        for _ in 0..<6 {
            first.send(pen.letter(), to: lane, at: clock)
            second.send(fresh.letter(), to: lane, at: clock)
            lane.settle()
        }
        for index in 0..<2 {
            first.send(index == 0 ? .endOfSegment : .proximityOut, to: lane, at: clock)
            second.send(.endOfSegment, to: lane, at: clock)
            if index == 0 { first.send(pen.letter(), to: lane, at: clock) }
        }
        lane.settle()
        clock.advance(seconds: 1.2)
        lane.settle()
        for stream in ["first", "second"] {
            let events = collector.events.filter { $0.stream.text == stream }
            for (_, segment) in Dictionary(grouping: events, by: \.segment) {
                #expect(Set(segment.map(\.generation)).count == 1)
            }
        }
        let finals = collector.finals.filter { $0.stream.text == "first" }
        #expect(finals.map(\.generation.number) == [1, 2])
        #expect(
            finals.first?.text
                == (try Recognizer(model: old, decoding: .beam).recognize(Array(pen.strokes.prefix(12))).text))
        #expect(collector.finals.first { $0.stream.text == "second" }?.generation.number == 2)
    }

    /// Gives each writer weights of their own.
    final class WritersModels: ModelStore {
        let models: [String: Served]
        let shared: Served
        init(models: [String: Served], shared: Served) {
            self.models = models
            self.shared = shared
        }
        func current(for writer: String?) -> Served { writer.flatMap { models[$0] } ?? shared }
    }

    /// A writer who has just come is read with everyone's weights until their own are here; the line's final has them already.
    @Test func aWritersWeightsThatComeWhileTheLineIsOpenReadItsFinal() throws {
        final class Arriving: ModelStore {
            let shared: Served
            let own: Served
            let isHere = Atomic<Bool>(false)
            init(shared: Served, own: Served) { (self.shared, self.own) = (shared, own) }
            func current(for writer: String?) -> Served { isHere.load(ordering: .relaxed) ? own : shared }
        }
        let own = Served(model: try TinyModel.make(seed: 5), generation: .init(writer: "ada", number: 3))
        let shared = Served(model: try TinyModel.make(seed: 6), generation: .init(number: 7))
        let models = Arriving(shared: shared, own: own)
        let pipeline = Pipeline(name: "test", input: .ink, models: models)
        let collector = Collector()
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("ada", pipeline)
        publisher.send(.hello(StreamHello(writer: "ada")), to: lane, at: clock)
        var pen = ScribblingPen(seed: 1)
        for number in 0..<8 {
            if number == 6 { models.isHere.store(true, ordering: .relaxed) }
            publisher.send(pen.letter(), to: lane, at: clock)
            lane.settle()
        }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.events.dropLast().allSatisfy { $0.generation == shared.generation })
        let final = try #require(collector.finals.first)
        #expect(final.generation == own.generation)
        #expect(final.text == (try Recognizer(model: own.model, decoding: .beam).recognize(pen.strokes).text))
    }

    @Test func writersAreReadWithTheirOwnGenerationsInOneTurn() throws {
        let own = Served(model: try TinyModel.make(seed: 5), generation: .init(writer: "ada", number: 3))
        let shared = Served(model: try TinyModel.make(seed: 6), generation: .init(number: 0))
        let pipeline = Pipeline(name: "test", input: .ink, models: WritersModels(models: ["ada": own], shared: shared))
        let collector = Collector()
        let lane = Lane(clock: clock, sink: collector)
        var strokes: [String: [Stroke]] = [:]
        var publishers = ["ada", "ben"].map { TestPublisher($0, pipeline) }
        for index in publishers.indices {
            publishers[index].send(.hello(StreamHello(writer: publishers[index].stream.text)), to: lane, at: clock)
        }
        var pens = [ScribblingPen(seed: 1), ScribblingPen(seed: 2)]
        for _ in 0..<8 {
            for index in publishers.indices { publishers[index].send(pens[index].letter(), to: lane, at: clock) }
            lane.settle()
        }
        for index in publishers.indices {
            publishers[index].send(.endOfSegment, to: lane, at: clock)
            strokes[publishers[index].stream.text] = pens[index].strokes
        }
        lane.settle()
        for (name, served) in [("ada", own), ("ben", shared)] {
            let events = collector.events.filter { $0.stream.text == name }
            #expect(events.allSatisfy { $0.generation == served.generation })
            let expected = try Recognizer(model: served.model, decoding: .beam).recognize(strokes[name] ?? [])
            #expect(events.last?.text == expected.text)
        }
    }

    @Test func idleStreamsAreEvictedAndTheLimitRefusesOnlyNewOnes() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        let collector = Collector()
        let lane = Lane(limits: LaneLimits(streams: 3, eviction: 60), clock: clock, sink: collector)
        var publishers = (0..<5).map { TestPublisher("s\($0)", pipeline) }
        var pen = ScribblingPen(seed: 1)
        for index in 0..<3 { publishers[index].send(pen.letter(), to: lane, at: clock) }
        publishers[3].send(pen.letter(), to: lane, at: clock)
        #expect(lane.streamCount == 3)
        #expect(lane.report.refusals == [.streams: 1])
        // One ends its segment and may go for a new stream.
        publishers[1].send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        publishers[4].send(pen.letter(), to: lane, at: clock)
        #expect(lane.summaries.map(\.stream.text) == ["s0", "s2", "s4"])
        clock.advance(seconds: 4)
        lane.settle()
        #expect(collector.finals.count == 4)
        clock.advance(seconds: 61)
        lane.settle()
        #expect(lane.streamCount == 0)
        #expect(lane.byteCount == 0)
        #expect(lane.report.evictedStreams == 4)
    }

    /// A client that takes ever new names loses its own idle streams, not those of others.
    @Test func manyNamesOfOneClientEvictItsOwnStreams() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        var pen = ScribblingPen(seed: 1)
        func write(_ name: String, _ client: String, to lane: Lane) {
            var publisher = TestPublisher(name, pipeline, client: client)
            publisher.send(pen.letter(), to: lane, at: clock)
            publisher.send(.endOfSegment, to: lane, at: clock)
            lane.settle()
            clock.advance(seconds: 0.1)
        }
        let own = Lane(limits: LaneLimits(streams: 8, streamsPerClient: 3), clock: clock, sink: Collector())
        write("quiet", "few", to: own)
        for number in 0..<6 { write("m\(number)", "many", to: own) }
        #expect(own.summaries.map(\.stream.text) == ["m3", "m4", "m5", "quiet"])
        let shared = Lane(limits: LaneLimits(streams: 4), clock: clock, sink: Collector())
        write("quiet", "few", to: shared)
        for number in 0..<6 { write("m\(number)", "many", to: shared) }
        #expect(shared.summaries.map(\.stream.text) == ["m3", "m4", "m5", "quiet"])
    }

    @Test func memoryOfAStreamIsToldAndGoesWithItsSegment() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        let lane = Lane(clock: clock, sink: Collector())
        var publisher = TestPublisher("p", pipeline)
        publisher.send(.endOfSegment, to: lane, at: clock)
        let idle = lane.byteCount
        #expect(idle < 1_500)
        var pen = ScribblingPen(seed: 1)
        func write() {
            for letter in pen.letters(20) {
                publisher.send(letter, to: lane, at: clock)
                lane.settle()
            }
        }
        for _ in 0..<40 {
            write()
            let open = lane.byteCount
            #expect(open > 20_000 && open < 4_000_000)
            clock.advance(seconds: 5)
            lane.settle()
            // The page's geometry stays, which tells where the next line is.
            #expect(lane.byteCount > idle && lane.byteCount <= idle + LiveLines.mostBytes)
        }
        write()
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        // The page is over.
        #expect(lane.byteCount == idle)
    }

    @Test func laneThreadReadsAllItAcceptedBeforeItStops() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        let collector = Collector()
        let thread = LaneThread(number: 0, limits: LaneLimits(), clock: SystemClock(), sink: collector)
        thread.run()
        var publisher = TestPublisher("p", pipeline)
        var pen = ScribblingPen(seed: 1)
        for _ in 0..<40 {
            for letter in pen.letters(3) {
                let packet = publisher.packet(.samples(letter, firstStroke: nil))
                thread.post(Arrival(stream: publisher.stream, packet: packet, pipeline: pipeline, arrived: 1))
            }
            let end = publisher.packet(.endOfSegment)
            thread.post(Arrival(stream: publisher.stream, packet: end, pipeline: pipeline, arrived: 1))
        }
        thread.post(
            Arrival(
                stream: publisher.stream, packet: publisher.packet(.samples(pen.letter(), firstStroke: nil)),
                pipeline: pipeline, arrived: 1))
        #expect(thread.stop(within: 30))
        #expect(collector.finals.count == 41)
        #expect(collector.finals.last?.ending == .shutdown)
        #expect(thread.report.counters.finals == 41)
    }

    @Test func inboxRefusesWhatOneStreamSendsTooMuchOf() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        let limits = LaneLimits(queuedPackets: 10, queuedPacketsPerStream: 4)
        let thread = LaneThread(number: 0, limits: limits, clock: SystemClock(), sink: Collector())
        // The thread does not run yet: everything stays in the inbox.
        func accepted(_ name: String, of count: Int) -> Int {
            var publisher = TestPublisher(name, pipeline)
            return (0..<count).count { _ in
                thread.post(
                    Arrival(
                        stream: publisher.stream, packet: publisher.packet(.endOfSegment), pipeline: pipeline,
                        arrived: 0))
            }
        }
        #expect(accepted("loud", of: 100) == 4)
        #expect(accepted("calm", of: 3) == 3)
        #expect(accepted("last", of: 5) == 3)
    }

    @Test func inboxIsBoundedByBytes() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        let thread = LaneThread(
            number: 0, limits: LaneLimits(queuedBytes: 40_000, streamBytes: 20_000), clock: SystemClock(),
            sink: Collector())
        func accepted(_ name: String, of count: Int) -> Int {
            var publisher = TestPublisher(name, pipeline)
            let reports = (0..<100).map { PenSample(Sample(x: Float($0), y: 0)) }
            return (0..<count).count { _ in
                let packet = publisher.packet(.samples(reports, firstStroke: nil))
                return thread.post(
                    Arrival(stream: publisher.stream, packet: packet, pipeline: pipeline, arrived: 0))
            }
        }
        let ofOne = accepted("loud", of: 100)
        #expect((2..<20).contains(ofOne))
        #expect(accepted("calm", of: 100) == ofOne)
        #expect(accepted("last", of: 100) == 0)
    }

    @Test func aStreamKeepsNoMoreThanItMay_itsNeighboursAreReadAsEver() throws {
        let pipeline = Pipeline(name: "test", input: .ink, models: try TinyModel.store())
        let clock = HandClock()
        let collector = Collector()
        let limit = 64 << 10
        let lane = Lane(limits: LaneLimits(streamBytes: limit), clock: clock, sink: collector)
        var greedy = TestPublisher("greedy", pipeline), modest = TestPublisher("modest", pipeline)
        // One report, then a pause: each is a segment, and none is read while packets come.
        for number in 0..<4000 {
            greedy.send([PenSample(Sample(x: 0, y: 0, time: Int64(number) * 10_000_000))], to: lane, at: clock)
        }
        #expect(lane.byteCount < limit + 8192)
        #expect(lane.counters.refusals[.memory, default: 0] > 1000)
        var pen = ScribblingPen(seed: 3)
        for letter in pen.letters(4) { modest.send(letter, to: lane, at: clock) }
        modest.send(.endOfSegment, to: lane, at: clock)
        greedy.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.contains { $0.stream == modest.stream })
        #expect(lane.byteCount < limit / 4)
        // What was dropped shows as a gap, and the stream goes on.
        let refused = lane.counters.refusals[.memory, default: 0]
        greedy.send(pen.letter(), to: lane, at: clock)
        greedy.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(lane.counters.refusals[.memory, default: 0] == refused)
        #expect(collector.finals.last?.stream == greedy.stream)
    }
}
