import DuctusInk
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// What a final is: everything that was written, read exactly, once.
@Suite struct LaneFinalTests {
    let clock = HandClock()
    let collector = Collector()
    let models: SharedModel
    let lane: Lane

    init() throws {
        models = try TinyModel.store()
        lane = Lane(clock: clock, sink: collector)
    }

    func pipeline(_ rule: EndpointRule = EndpointRule()) -> Pipeline {
        Pipeline(name: "test", input: .ink, models: models, endpoint: rule)
    }

    func recognized(_ strokes: [Stroke]) throws -> Recognition {
        try Recognizer(model: models.current(for: nil).model, decoding: .beam).recognize(strokes)
    }

    /// The final must hold every stroke, read as `recognize` reads them.
    func expectWhole(_ final: LabelEvent?, _ strokes: [Stroke], _ ending: LabelEvent.Ending) throws {
        let final = try #require(final)
        let expected = try recognized(strokes)
        #expect(!expected.text.isEmpty)
        #expect(final.text == expected.text)
        #expect(final.ending == ending)
        #expect(final.sampleCount == strokes.reduce(0) { $0 + $1.samples.count })
        #expect(final.symbols.map(\.samples) == expected.symbols.map(\.samples))
        #expect(final.symbols.map(\.strokes) == expected.symbols.map(\.strokes))
        #expect(final.committed == final.text.unicodeScalars.count)
        #expect(final.symbols.last?.samples.upperBound == final.sampleCount)
    }

    @Test func explicitEndKeepsTheLastLetter() throws {
        var pen = ScribblingPen(seed: 1)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(6) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        try expectWhole(collector.finals.first, pen.strokes, .explicit)
        #expect(collector.finals.count == 1)
    }

    @Test func explicitEndWhileThePenIsDownKeepsTheLastLetter() throws {
        var pen = ScribblingPen(seed: 2)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(4) { publisher.send(letter.filter(\.contact), to: lane, at: clock) }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        // Without a report between, the strokes join: pen-downs are not seen.
        let joined = Stroke(pen.strokes.flatMap(\.samples))
        try expectWhole(collector.finals.first, [joined], .explicit)
    }

    @Test func proximityOutKeepsTheLastLetter() throws {
        var pen = ScribblingPen(seed: 3)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(5) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.proximityOut, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.isEmpty)
        clock.advance(seconds: 1.2)
        lane.settle()
        try expectWhole(collector.finals.first, pen.strokes, .proximityOut)
    }

    /// Pens flicker at the edge of their reach, and leave it between words: by the samples' own clock, so at every replay speed.
    @Test(arguments: [0.01, 0.05, 0.15, 0.5])
    func aPenThatIsSoonBackGoesOn(seconds: Double) throws {
        var pen = ScribblingPen(seed: 3)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(6) {
            publisher.send(letter, to: lane, at: clock)
            publisher.send(.proximityOut, to: lane, at: clock)
            lane.settle()
            pen.rest(seconds: seconds)
            clock.advance(seconds: seconds)
            lane.settle()
        }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.count == 1)
        try expectWhole(collector.finals.first, pen.strokes, .explicit)
    }

    @Test func aPenThatWasAwayForLongBeginsAnew() throws {
        var pen = ScribblingPen(seed: 3)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(4) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.proximityOut, to: lane, at: clock)
        let before = pen.strokes
        // The clock on the wall stands: a replay.
        pen.rest(seconds: 1)
        publisher.send(pen.letter(), to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.map(\.ending) == [.proximityOut, .explicit])
        try expectWhole(collector.finals.first, before, .proximityOut)
    }

    @Test func aPenThatComesBackElsewhereBeginsAnew() throws {
        var pen = ScribblingPen(seed: 3)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(8) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.proximityOut, to: lane, at: clock)
        let before = pen.strokes
        pen.rest(seconds: 0.2)
        // Far above, and to the right: no new line by the rule for lines.
        let above = pen.letter().map { report in
            var moved = report
            moved.sample.y -= 600
            return moved
        }
        publisher.send(above, to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.map(\.strokes.count) == [8, 1])
        try expectWhole(collector.finals.first, before, .newLine)
    }

    @Test func withoutAGraceTimeLeavingEndsAtOnce() throws {
        var pen = ScribblingPen(seed: 3)
        var publisher = TestPublisher("p", pipeline(EndpointRule(outOfReach: 0)))
        for letter in pen.letters(3) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.proximityOut, to: lane, at: clock)
        lane.settle()
        try expectWhole(collector.finals.first, pen.strokes, .proximityOut)
    }

    @Test func pauseIsDecidedInSampleTimeAndKeepsTheLastLetter() throws {
        var pen = ScribblingPen(seed: 4)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(5) { publisher.send(letter, to: lane, at: clock) }
        let before = pen.strokes
        pen.rest(seconds: 2.5)
        publisher.send(pen.letter(), to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.count == 1)
        try expectWhole(collector.finals.first, before, .pause)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        try expectWhole(collector.finals.last, Array(pen.strokes.suffix(1)), .explicit)
    }

    @Test func hoveringPenEndsItsPauseToo() throws {
        var pen = ScribblingPen(seed: 5)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(3) { publisher.send(letter, to: lane, at: clock) }
        pen.rest(seconds: 2.1)
        publisher.send([PenSample(Sample(x: 0, y: 0, time: pen.time), contact: false)], to: lane, at: clock)
        lane.settle()
        try expectWhole(collector.finals.first, pen.strokes, .pause)
    }

    @Test func newLineKeepsTheLastLetterOfTheLineAndTheFirstOfTheNext() throws {
        var pen = ScribblingPen(seed: 6)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(8) { publisher.send(letter, to: lane, at: clock) }
        let line = pen.strokes
        pen.nextLine()
        for letter in pen.letters(3) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.count == 2)
        try expectWhole(collector.finals.first, line, .newLine)
        try expectWhole(collector.finals.last, Array(pen.strokes.dropFirst(8)), .explicit)
    }

    @Test func maximumEndsAtTheLastPenUpAndLosesNothing() throws {
        var pen = ScribblingPen(seed: 7)
        var publisher = TestPublisher("p", pipeline(EndpointRule(maximumSamples: 100)))
        for letter in pen.letters(9) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let finals = collector.finals
        #expect(finals.count > 1)
        #expect(finals.dropLast().allSatisfy { $0.ending == .maximum && $0.sampleCount <= 100 })
        var strokes = pen.strokes[...]
        for final in finals {
            try expectWhole(final, Array(strokes.prefix(final.strokes.count)), final.ending ?? .pause)
            strokes = strokes.dropFirst(final.strokes.count)
        }
        #expect(strokes.isEmpty)
    }

    @Test func strokeLongerThanTheMaximumIsDividedWithoutLoss() {
        var publisher = TestPublisher("p", pipeline(EndpointRule(maximumSamples: 64)))
        let endless = (0..<300).map { PenSample(Sample(x: Float($0), y: Float($0 % 7), time: Int64($0) * 10_000)) }
        publisher.send(endless, to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.map(\.sampleCount) == [64, 64, 64, 64, 44])
    }

    @Test func idleStandsInWhileNoSampleArrivesAndKeepsTheLastLetter() throws {
        var pen = ScribblingPen(seed: 8)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(5) { publisher.send(letter, to: lane, at: clock) }
        lane.settle()
        clock.advance(seconds: 2.9)
        lane.settle()
        #expect(collector.finals.isEmpty)
        clock.advance(seconds: 0.2)
        lane.settle()
        try expectWhole(collector.finals.first, pen.strokes, .idle)
    }

    @Test func newEpochOfThePublisherEndsTheSegment() throws {
        var pen = ScribblingPen(seed: 9)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(5) { publisher.send(letter, to: lane, at: clock) }
        let before = pen.strokes
        publisher.epoch += 1
        publisher.sequence = 0
        publisher.send(pen.letter(), to: lane, at: clock)
        lane.settle()
        try expectWhole(collector.finals.first, before, .hello)
        #expect(collector.finals.first?.gaps.isEmpty == true)
    }

    @Test func anotherWriterEndsTheSegment() throws {
        var pen = ScribblingPen(seed: 10)
        var publisher = TestPublisher("p", pipeline())
        publisher.send(.hello(StreamHello(writer: "ada")), to: lane, at: clock)
        for letter in pen.letters(4) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.hello(StreamHello(writer: "ada")), to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.isEmpty)
        publisher.send(.hello(StreamHello(writer: "ben")), to: lane, at: clock)
        lane.settle()
        try expectWhole(collector.finals.first, pen.strokes, .hello)
    }

    @Test func shutdownPublishesWhatIsOpen() throws {
        var pen = ScribblingPen(seed: 11)
        var publisher = TestPublisher("p", pipeline())
        for letter in pen.letters(5) { publisher.send(letter, to: lane, at: clock) }
        lane.finish()
        try expectWhole(collector.finals.first, pen.strokes, .shutdown)
    }

    @Test func segmentNumbersRiseOverEvictionAndRestart() throws {
        var pen = ScribblingPen(seed: 12)
        var publisher = TestPublisher("p", pipeline())
        for _ in 0..<3 {
            publisher.send(pen.letter(), to: lane, at: clock)
            publisher.send(.endOfSegment, to: lane, at: clock)
        }
        lane.settle()
        clock.advance(seconds: 1)
        let restarted = Lane(clock: clock, sink: collector)
        publisher.send(pen.letter(), to: restarted, at: clock)
        publisher.send(.endOfSegment, to: restarted, at: clock)
        restarted.settle()
        let segments = collector.finals.map(\.segment)
        #expect(segments.count == 4)
        #expect(zip(segments, segments.dropFirst()).allSatisfy { $0 < $1 })
    }
}
