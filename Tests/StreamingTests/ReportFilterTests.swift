import DuctusInk
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// Strays and pens that report very often: what a segment holds, and where its labels point.
@Suite struct ReportFilterTests {
    let clock = HandClock()
    let collector = Collector()
    let models: SharedModel
    let lane: Lane

    init() throws {
        models = try TinyModel.store()
        lane = Lane(clock: clock, sink: collector)
    }

    private func pipeline(_ rule: EndpointRule = EndpointRule(newLine: false)) -> Pipeline {
        Pipeline(name: "test", input: .ink, models: models, endpoint: rule)
    }

    /// Lines as a device of `rate` reports a second would give them: 4 strokes, 2 seconds each.
    private func strokes(rate: Int) -> [[PenSample]] {
        (0..<4).map { stroke in
            (0...(2 * rate)).map { index in
                let seconds = Float(index) / Float(rate)
                let x = Float(stroke) * 700 + 300 * seconds
                let y = 200 * abs((seconds * 3).truncatingRemainder(dividingBy: 2) - 1)
                let time = Int64(stroke) * 2_500_000 + Int64(index) * 1_000_000 / Int64(rate)
                return PenSample(Sample(x: x, y: y, time: time))
            } + [PenSample(Sample(x: 0, y: 0, time: Int64(stroke) * 2_500_000 + 2_100_000), contact: false)]
        }
    }

    private func read(_ strokes: [[PenSample]], _ rule: EndpointRule = EndpointRule(newLine: false)) throws
        -> [LabelEvent]
    {
        let collector = Collector()
        let lane = Lane(clock: clock, sink: collector)
        var publisher = TestPublisher("p", pipeline(rule))
        for stroke in strokes { publisher.send(stroke, to: lane, at: clock) }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        return collector.finals
    }

    @Test(arguments: [500, 1000, 2000])
    func theLimitOfASegmentIsNotOneOfTheRate(rate: Int) throws {
        let rule = EndpointRule(newLine: false, maximumSamples: 2600)
        let finals = try read(strokes(rate: rate), rule)
        let final = try #require(finals.first)
        #expect(finals.count == 1 && final.ending == .explicit)
        // Samples are counted as they were sent.
        #expect(final.sampleCount == 4 * (2 * rate + 1))
        #expect(final.symbols.last?.samples.upperBound == final.sampleCount)
        for (one, next) in zip(final.symbols, final.symbols.dropFirst()) {
            #expect(one.samples.upperBound == next.samples.lowerBound)
        }
        let byTime = final.symbols.compactMap(\.time?.lowerBound)
        #expect(byTime == byTime.sorted() && byTime.count == final.symbols.count)
    }

    @Test func aSlowPenLosesNothing() throws {
        for rate in [60, 133, 200, 250] {
            let reports = strokes(rate: rate)
            let whole = try Recognizer(model: models.current(for: nil).model, decoding: .beam).recognize(
                reports.map { Stroke($0.filter(\.contact).map(\.sample)) })
            let final = try #require(try read(reports).first)
            #expect(final.text == whole.text && final.symbols.map(\.samples) == whole.symbols.map(\.samples))
        }
    }

    @Test func theLastReportOfAStrokeIsKept() throws {
        var publisher = TestPublisher("p", pipeline())
        let stroke = (0..<103).map { PenSample(Sample(x: Float($0), y: Float($0 % 9), time: Int64($0) * 1000)) }
        publisher.send(stroke, to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let final = try #require(collector.finals.first)
        #expect(final.sampleCount == 103)
        guard case .ink(let strokes) = try #require(collector.finishedSegments.first?.evidence) else {
            Issue.record("not ink")
            return
        }
        #expect(strokes.count == 1 && strokes[0].samples.count < 40)
        #expect(strokes[0].samples.first?.x == 0 && strokes[0].samples.last?.x == 102)
    }

    @Test func reportsOfOneMomentAreAllKept() throws {
        var publisher = TestPublisher("p", pipeline())
        let stroke = (0..<50).map { PenSample(Sample(x: Float($0), y: Float($0 % 9), time: Int64($0 / 10) * 80_000)) }
        publisher.send(stroke, to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        guard case .ink(let strokes) = try #require(collector.finishedSegments.first?.evidence) else {
            Issue.record("not ink")
            return
        }
        #expect(strokes.map(\.samples.count) == [50])
    }

    /// A stray in the middle of a stroke, at its begin, at its end, alone, and several at once.
    @Test(arguments: [[40], [33], [47], [41, 42]], [(Float(27_000), Float(-22_000)), (0, 0), (-4000, 900)])
    func straysAreTakenOutAndCounted(at places: [Int], to stray: (Float, Float)) throws {
        var pen = ScribblingPen(seed: 12)
        let letters = pen.letters(10)
        var reports = letters.flatMap { $0 }
        for place in places.reversed() {
            let time = reports[place].sample.time
            reports.insert(PenSample(Sample(x: stray.0, y: stray.1, time: time)), at: place)
        }
        var publisher = TestPublisher("p", pipeline(EndpointRule()))
        publisher.send(reports, to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let whole = try Recognizer(model: models.current(for: nil).model, decoding: .beam).recognize(pen.strokes)
        let final = try #require(collector.finals.first)
        #expect(collector.finals.count == 1 && final.text == whole.text)
        #expect(final.gaps.dirtySamples + UInt64(final.strokes.count) >= UInt64(places.count))
    }

    /// A dot of one report far from the line is ink if the hand goes on there, and a stray if it goes on elsewhere.
    @Test(arguments: [true, false])
    func aLoneReportIsADotWhereTheHandGoesOn(_ goesOn: Bool) throws {
        var pen = ScribblingPen(seed: 12)
        let letters = pen.letters(4)
        let last = try #require(letters.last?.last?.sample)
        let (x, y) = (last.x, last.y + 40_000)
        func touch(_ dx: Float, _ dy: Float, after time: Int64) -> PenSample {
            PenSample(Sample(x: x + dx, y: y + dy, time: (last.time ?? 0) + time))
        }
        var reports = letters.flatMap { $0 } + [touch(0, 0, after: 100_000)]
        var lift = touch(0, 0, after: 108_000)
        lift.contact = false
        reports.append(lift)
        let above: Float = goesOn ? 0 : -40_000
        reports += (0..<30).map { touch(20 + 4 * Float($0), above, after: 200_000 + 8_000 * Int64($0)) }
        var publisher = TestPublisher("p", pipeline(EndpointRule()))
        publisher.send(reports, to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let strokes = collector.finishedSegments.flatMap { segment -> [Stroke] in
            guard case .ink(let strokes) = segment.evidence else { return [] }
            return strokes
        }
        #expect(strokes.contains { $0.samples.map(\.x) == [x] && $0.samples.map(\.y) == [y] } == goesOn)
        #expect(collector.finals.map(\.gaps.dirtySamples).reduce(0, +) == (goesOn ? 0 : 1))
    }
}
