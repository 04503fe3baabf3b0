import DuctusInk
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// What a partial promises while the pen moves.
@Suite struct LanePartialTests {
    let clock = HandClock()
    let collector = Collector()

    func pipeline(_ models: SharedModel, _ window: WindowRule, _ decoding: Recognizer.Decoding = .beam) -> Pipeline {
        Pipeline(name: "test", input: .ink, models: models, decoding: decoding, window: window)
    }

    /// Writes a line letter by letter, time passing as the pen says.
    func write(_ letters: Int, seed: UInt64, with publisher: inout TestPublisher, to lane: Lane) -> ScribblingPen {
        var pen = ScribblingPen(seed: seed)
        for _ in 0..<letters {
            let start = pen.time
            publisher.send(pen.letter(), to: lane, at: clock)
            clock.advance(seconds: Double(pen.time - start) / 1e6)
            lane.settle()
        }
        return pen
    }

    @Test func committedPrefixNeverChangesAmongPartials() throws {
        let windows = [
            WindowRule(lookahead: 16), WindowRule(chunk: 1, lookahead: 4), WindowRule(chunk: 32, lookahead: 48),
        ]
        for (seed, window) in zip(1..., windows) {
            for decoding in [Recognizer.Decoding.bestPath, .beam] {
                let collector = Collector()
                let lane = Lane(clock: clock, sink: collector)
                var publisher = TestPublisher(
                    "p", pipeline(try TinyModel.store(seed: UInt64(seed), isSure: true), window, decoding))
                _ = write(25, seed: UInt64(seed) + 40, with: &publisher, to: lane)
                publisher.send(.endOfSegment, to: lane, at: clock)
                lane.settle()
                let partials = collector.events.filter { $0.state == .partial }
                #expect(partials.count > 10)
                #expect((partials.last?.committed ?? 0) > 0)
                for (before, after) in zip(partials, partials.dropFirst()) {
                    #expect(after.committed >= before.committed)
                    let promised = String(before.text.unicodeScalars.prefix(before.committed))
                    #expect(String(after.text.unicodeScalars.prefix(before.committed)) == promised)
                    #expect(after.symbols.map(\.text).joined() == after.text)
                }
                #expect(collector.events.last?.state == .final)
            }
        }
    }

    @Test func hopsAreDueInSampleTimeNotByArrival() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(try TinyModel.store(), WindowRule(hop: 0.25)))
        var pen = ScribblingPen(seed: 3)
        // All at once: the wall clock stands, the pen's time runs for several hops.
        for letter in pen.letters(8) {
            publisher.send(letter, to: lane, at: clock)
            lane.settle()
        }
        let hops = Int(Double(pen.time - 5_000_000) / 250_000)
        let partials = collector.events.filter { $0.state == .partial }
        #expect(partials.count >= hops - 2 && partials.count <= hops)
    }

    @Test func restingPenShowsItsLastLetterWithoutAnEnd() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(try TinyModel.store(), WindowRule(hop: 0.25)))
        _ = write(4, seed: 5, with: &publisher, to: lane)
        let before = collector.events.count
        clock.advance(seconds: 0.3)
        lane.settle()
        #expect(collector.events.count == before + 1)
        #expect(collector.events.last?.state == .partial)
        clock.advance(seconds: 0.3)
        lane.settle()
        #expect(collector.events.count == before + 1)
    }

    @Test func eventNumbersCountWithoutHoles() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(try TinyModel.store(), WindowRule()))
        for seed in 1...3 {
            _ = write(6, seed: UInt64(seed), with: &publisher, to: lane)
            publisher.send(.endOfSegment, to: lane, at: clock)
            lane.settle()
        }
        #expect(collector.events.map(\.number) == Array(1...UInt64(collector.events.count)))
    }

    @Test func hopsThatWaitAreReplacedByTheNextAndCounted() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(try TinyModel.store(), WindowRule(hop: 0.1)))
        var pen = ScribblingPen(seed: 4)
        // The lane gets no turn while the pen writes on: an overload, made by hand.
        for letter in pen.letters(8) { publisher.send(letter, to: lane, at: clock) }
        lane.settle()
        let partials = collector.events.filter { $0.state == .partial }
        #expect(partials.count == 1)
        // A packet makes one hop due, however many it spans.
        #expect(lane.report.skippedPartials == 7)
        #expect(partials.first?.droppedPartials == lane.report.skippedPartials)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.count == 1)
        #expect(collector.finals.first?.sampleCount == pen.strokes.reduce(0) { $0 + $1.samples.count })
    }

    @Test func penThatMovesOnBeforeItsRestWasReadSkipsNothing() throws {
        let lane = Lane(clock: clock, sink: collector)
        // No hop comes while it writes. With little lookahead its rest then takes two windows, and so two turns.
        var publisher = TestPublisher(
            "p",
            Pipeline(
                name: "test", input: .ink, models: try TinyModel.store(),
                window: WindowRule(hop: 10, chunk: 1, lookahead: 1),
                endpoint: EndpointRule(pause: 1000, idle: 1000)))
        var pen = write(4, seed: 5, with: &publisher, to: lane)
        clock.advance(seconds: 11)
        lane.turn()
        #expect(collector.events.isEmpty && lane.duePartialCount == 1)
        pen.rest(seconds: 11)
        publisher.send(pen.letter(), to: lane, at: clock)
        lane.settle()
        #expect(collector.events.map(\.state) == [.partial])
        #expect(lane.report.skippedPartials == 0)
    }

    @Test func partialThatWaitsGivesWayToTheFinal() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(try TinyModel.store(), WindowRule(hop: 0.1)))
        var pen = ScribblingPen(seed: 4)
        for letter in pen.letters(4) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.events.map(\.state) == [.final])
    }

    @Test func strokesTakenBackAreReadNoMore() throws {
        let models = try TinyModel.store()
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(models, WindowRule()))
        let pen = write(6, seed: 21, with: &publisher, to: lane)
        publisher.send(.retraction([1, 4]), to: lane, at: clock)
        lane.settle()
        let partial = try #require(collector.events.last)
        #expect(partial.revision == 1 && partial.strokes == [0, 2, 3, 5])
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let kept = [0, 2, 3, 5].map { pen.strokes[$0] }
        let expected = try Recognizer(model: models.current(for: nil).model, decoding: .beam).recognize(kept)
        let final = try #require(collector.finals.first)
        #expect(final.text == expected.text && final.revision == 1 && final.strokes == [0, 2, 3, 5])
    }

    @Test func segmentWithoutAnyStrokeLeftGetsAnEmptyFinal() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(try TinyModel.store(), WindowRule()))
        _ = write(3, seed: 22, with: &publisher, to: lane)
        publisher.send(.retraction([0, 1, 2]), to: lane, at: clock)
        lane.settle()
        #expect(collector.events.last?.text == "" && collector.events.last?.state == .partial)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.map(\.text) == [""])
        publisher.send(.retraction([0, 77]), to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.count == 1)
    }

    @Test func lostPacketsAndDirtySamplesAreToldWithTheSegment() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(try TinyModel.store(), WindowRule()))
        var pen = ScribblingPen(seed: 23)
        publisher.send(pen.letter(), to: lane, at: clock)
        publisher.sequence += 3
        let dirty = [
            PenSample(Sample(x: .nan, y: 3, time: pen.time)), PenSample(Sample(x: 3, y: .infinity, time: pen.time)),
        ]
        publisher.send(dirty + pen.letter(), to: lane, at: clock)
        publisher.sequence -= 1
        publisher.send(pen.letter(), to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        publisher.send(pen.letter(), to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.map(\.gaps) == [.init(count: 1, packets: 3, dirtySamples: 2), .init()])
        #expect(collector.finals.map(\.strokes.count) == [2, 1])
        #expect(lane.report.repeatedPackets == 1)
    }
}
