import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// A sensor's stream gives what the recording gives off line, says where it does not know, and disturbs nobody.
@Suite struct VectorSessionTests {
    let clock = HandClock()
    let collector = Collector()

    /// Sends vectors in packets of changing size.
    private func feed(_ values: [Float], with publisher: inout SensorPublisher, to lane: Lane, seed: UInt64 = 3) {
        var random = SplitMix64(seed: seed)
        var sent = 0
        while sent < values.count / 3 {
            let count = min(values.count / 3 - sent, Int.random(in: 1...9, using: &random))
            publisher.send(values[(sent * 3)..<((sent + count) * 3)], to: lane, at: clock)
            sent += count
            lane.settle()
        }
    }

    private func finalSpans(_ events: [LabelEvent]) -> [LabelEvent.Span] {
        events.flatMap { $0.spans.filter { $0.state == .final } }
    }

    private func recording(_ values: [Float], rate: Double = 50) -> SensorRecording {
        SensorRecording(
            id: "r", subject: "s", rate: rate, channels: TinyVectorModel.configuration.channels, values: values)
    }

    /// Off-line labels as spans: name, first and last vector.
    private func spans(of labels: [FrameLabel], model: Model, stack: Int = 2) -> [String] {
        LabelSegment.joining(labels).map {
            "\(model.alphabet.symbols[$0.label]) \($0.frames.lowerBound * stack)..<\($0.frames.upperBound * stack)"
        }
    }

    private func told(_ spans: [LabelEvent.Span]) -> [String] { spans.map { "\($0.name) \($0.frames)" } }

    @Test func chunksEqualTheWholeWhereNothingLooksBack() throws {
        var random = SplitMix64(seed: 1)
        let values = random.wanderingVectors(400)
        let model = try TinyVectorModel.make(bidirectional: false)
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.1, chunk: 4, lookahead: 6, maximum: 32)))
        feed(values, with: &publisher, to: lane)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let expected = spans(of: try SensorRecognizer(model: model).labels(of: recording(values)).plain, model: model)
        #expect(expected.count > 10)
        #expect(told(finalSpans(collector.events)) == expected)
        #expect(collector.finals.map(\.ending) == [.explicit])
        #expect(collector.finals.first?.sampleCount == 400)
        #expect(collector.events.count > 20)
    }

    /// Convolutions look ahead on their own: they need no more of the window, and owe their last frames at the end.
    @Test(arguments: [0, 3, 5])
    func whatConvolutionsSeeAheadIsPartOfTheLookahead(lookahead: Int) throws {
        var random = SplitMix64(seed: 11)
        let values = random.wanderingVectors(400)
        let model = try TinyVectorModel.make(bidirectional: false, context: 3)
        #expect(model.network.architecture.lookahead == 3)
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.04, chunk: 1, lookahead: lookahead)))
        for vector in 0..<400 {
            publisher.send(values[(vector * 3)..<(vector * 3 + 3)], to: lane, at: clock)
            lane.settle()
        }
        let decided = finalSpans(collector.events).last?.frames.upperBound ?? 0
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let expected = spans(of: try SensorRecognizer(model: model).labels(of: recording(values)).plain, model: model)
        #expect(expected.count > 10)
        #expect(told(finalSpans(collector.events)) == expected)
        // The last hop saw 199 frames. A span is final once the one behind it begins.
        let begins = expected.compactMap { Int($0.split(separator: " ")[1].prefix { $0 != "." }) }
        let seen = 398 - 2 * max(3, lookahead)
        #expect(decided == begins.last { $0 < seen })
    }

    /// Whoever has much to do reads several packets at once: the labels that become final are the same.
    @Test(arguments: [1, 4, 1000])
    func whatIsFinalDependsOnTheVectorsAlone(packetsPerTurn: Int) throws {
        var random = SplitMix64(seed: 12)
        let values = random.wanderingVectors(600)
        let transitions = TransitionModel.estimate(from: [(0..<200).map { $0 / 25 % 4 }], classes: 4)
        let model = try TinyVectorModel.make(transitions: transitions)
        func labels(packetsPerTurn: Int, seed: UInt64) -> [String] {
            let collector = Collector()
            let lane = Lane(clock: clock, sink: collector)
            var publisher = SensorPublisher(
                "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.2, chunk: 5, lookahead: 10)))
            var random = SplitMix64(seed: seed)
            var (sent, packets) = (0, 0)
            while sent < 600 {
                let count = min(600 - sent, Int.random(in: 1...9, using: &random))
                publisher.send(values[(sent * 3)..<((sent + count) * 3)], to: lane, at: clock)
                sent += count
                packets += 1
                if packets % packetsPerTurn == 0 { lane.settle() }
            }
            publisher.send(.endOfSegment, to: lane, at: clock)
            lane.settle()
            return finalSpans(collector.events).map { "\($0.name) \($0.frames) \($0.confidence)" }
        }
        let usual = labels(packetsPerTurn: 2, seed: 1)
        #expect(usual.count > 5 && labels(packetsPerTurn: packetsPerTurn, seed: UInt64(packetsPerTurn)) == usual)
    }

    @Test func confidencesAreCalibrated() throws {
        var calibration = Calibrations()
        calibration[.bestPath] = Calibration(knots: [.init(raw: 0, probability: 0.625)])
        let model = try TinyVectorModel.make(calibration: calibration)
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.2, chunk: 5, lookahead: 10)))
        var random = SplitMix64(seed: 13)
        feed(random.wanderingVectors(200), with: &publisher, to: lane)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let spans = collector.events.flatMap(\.spans)
        #expect(!spans.isEmpty && spans.allSatisfy { $0.confidence == 0.625 })
    }

    @Test func withTheWholeRecordingAheadSmoothedLabelsEqualOffLine() throws {
        var random = SplitMix64(seed: 2)
        let values = random.wanderingVectors(300)
        let transitions = TransitionModel.estimate(
            from: [(0..<200).map { $0 / 25 % 4 }], classes: 4)
        let model = try TinyVectorModel.make(transitions: transitions)
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.5, chunk: 4, lookahead: 1000, maximum: 2000))
        )
        feed(values, with: &publisher, to: lane)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let expected = spans(
            of: try SensorRecognizer(model: model).labels(of: recording(values)).smoothed, model: model)
        #expect(told(finalSpans(collector.events)) == expected && expected.count > 2)
        // Every label was told before it was final.
        #expect(collector.events.dropLast().allSatisfy { $0.spans.allSatisfy { $0.state == .provisional } })
    }

    @Test func moreLookaheadComesCloserToTheWhole() throws {
        var random = SplitMix64(seed: 5)
        let values = random.wanderingVectors(2000)
        let model = try TinyVectorModel.make(wildness: 2)
        let whole = try SensorRecognizer(model: model).labels(of: recording(values)).plain.map {
            model.alphabet.symbols[$0.label]
        }
        func equal(lookahead: Int) -> Int {
            let collector = Collector()
            let lane = Lane(clock: clock, sink: collector)
            var publisher = SensorPublisher(
                "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.2, chunk: 5, lookahead: lookahead)))
            feed(values, with: &publisher, to: lane)
            publisher.send(.endOfSegment, to: lane, at: clock)
            lane.settle()
            let streamed = finalSpans(collector.events).flatMap {
                Array(repeating: $0.name, count: $0.frames.count / 2)
            }
            #expect(streamed.count == whole.count)
            return zip(streamed, whole).count { $0 == $1 }
        }
        let (little, much) = (equal(lookahead: 2), equal(lookahead: 40))
        #expect(Set(whole).count > 1)
        #expect(much >= little)
        #expect(Double(much) > 0.9 * Double(whole.count))
    }

    @Test func spansCarryTheSensorsClockAndCoverEveryFrameOnce() throws {
        var random = SplitMix64(seed: 7)
        let model = try TinyVectorModel.make()
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.2, chunk: 5, lookahead: 10)))
        publisher.time = 77_000_000
        feed(random.wanderingVectors(500), with: &publisher, to: lane)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let spans = finalSpans(collector.events)
        #expect(spans.map(\.number) == Array(0..<UInt64(spans.count)))
        #expect(spans.first?.frames.lowerBound == 0 && spans.last?.frames.upperBound == 500)
        for (a, b) in zip(spans, spans.dropFirst()) {
            #expect(a.frames.upperBound == b.frames.lowerBound)
            #expect(a.name != b.name)
        }
        for span in spans {
            let time = try #require(span.time)
            #expect(abs(time.lowerBound - (77_000_000 + Int64(span.frames.lowerBound) * 20_000)) <= 1)
            #expect((0...1).contains(span.confidence))
        }
    }

    @Test func theFinalNamesAllSpans() throws {
        var random = SplitMix64(seed: 8)
        let model = try TinyVectorModel.make()
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.2, chunk: 5, lookahead: 10)))
        feed(random.wanderingVectors(300), with: &publisher, to: lane)
        clock.advance(seconds: 4)
        lane.settle()
        let final = try #require(collector.finals.first)
        #expect(final.ending == .idle && collector.finals.count == 1)
        #expect(final.text == finalSpans(collector.events).map(\.name).joined(separator: " "))
        #expect(TinyVectorModel.names.contains(collector.events.first?.text ?? ""))
    }

    @Test func anEndlessRecordingIsCutIntoSegments() throws {
        var random = SplitMix64(seed: 9)
        let model = try TinyVectorModel.make()
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s",
            TinyVectorModel.pipeline(
                model, window: WindowRule(hop: 0.2, chunk: 5, lookahead: 10),
                endpoint: EndpointRule(maximumSamples: 200)))
        var most = 0
        for _ in 0..<10 {
            feed(random.wanderingVectors(100), with: &publisher, to: lane)
            most = max(most, lane.byteCount)
        }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        #expect(collector.finals.dropLast().allSatisfy { $0.ending == .maximum })
        #expect((4...6).contains(collector.finals.count))
        #expect(collector.finals.reduce(0) { $0 + $1.sampleCount } == 1000)
        #expect(Set(collector.finals.map(\.segment)).count == collector.finals.count)
        #expect(collector.events.map(\.number) == Array(1...UInt64(collector.events.count)))
        #expect(most < 60_000)
        #expect(lane.byteCount < 1_000)
    }
}
