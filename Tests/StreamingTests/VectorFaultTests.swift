import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// What hostile or failing sensors and models do to a stream, and to those beside it.
@Suite struct VectorFaultTests {
    let clock = HandClock()
    let collector = Collector()
    let window = WindowRule(hop: 0.2, chunk: 5, lookahead: 10)

    private func spans(of stream: String) -> [LabelEvent.Span] {
        collector.events.filter { $0.stream.text == stream }.flatMap { $0.spans.filter { $0.state == .final } }
    }

    /// Two vectors a million seconds apart would become fifty million vectors of the model.
    @Test(arguments: [Float(1e-6), 1, 4.9, 5001, 1e6, .nan, -50, .infinity, 0])
    func vectorsAtARateThatTheModelCannotUseAreRefused(rate: Float) throws {
        let lane = Lane(clock: clock, sink: collector)
        let pipeline = TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window)
        var publisher = SensorPublisher("s", pipeline), neighbour = SensorPublisher("n", pipeline)
        var random = SplitMix64(seed: 1)
        publisher.send(random.wanderingVectors(50), to: lane, at: clock)
        let packet = FeaturePacket(
            epoch: 7, sequence: 1,
            content: .frames(.init(time: 2_000_000, rate: rate, channels: 3, values: [1, 2, 3, 4, 5, 6])))
        let before = lane.byteCount
        lane.receive(packet, of: publisher.stream, pipeline: pipeline, arrived: 1)
        #expect(collector.refused == [.rate] && lane.report.drops["unusable_rate"] == 1)
        #expect(lane.byteCount == before)
        neighbour.send(random.wanderingVectors(50), to: lane, at: clock)
        neighbour.send(.endOfSegment, to: lane, at: clock)
        publisher.sequence = 2
        publisher.send(random.wanderingVectors(50), to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let final = try #require(collector.finals.first { $0.stream == publisher.stream })
        #expect(final.sampleCount == 100 && final.gaps == .init(dirtySamples: 2))
        #expect(collector.finals.contains { $0.stream == neighbour.stream && $0.sampleCount == 50 })
    }

    @Test func anUnusableRateOpensNoSegment() throws {
        let lane = Lane(clock: clock, sink: collector)
        let pipeline = TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window)
        let packet = FeaturePacket(
            epoch: 7, sequence: 0, content: .frames(.init(rate: 0.01, channels: 3, values: [1, 2, 3])))
        lane.receive(packet, of: .named("s"), pipeline: pipeline, arrived: 1)
        lane.finish()
        #expect(collector.events.isEmpty && collector.refused == [.rate])
    }

    /// A model that removes mean and deviation carries them from segment to segment, but not from hand to hand.
    @Test(arguments: [true, false])
    func theNextWriterStartsWithoutTheFormersMeanAndDeviation(isANewEpoch: Bool) throws {
        var configuration = TinyVectorModel.configuration
        configuration.normalizesRecording = true
        let model = try TinyVectorModel.make(configuration: configuration)
        let pipeline = TinyVectorModel.pipeline(model, window: window)
        var random = SplitMix64(seed: 4)
        let (first, second) = (random.wanderingVectors(200).map { 50 + 20 * $0 }, random.wanderingVectors(200))
        func read(_ names: [String]) -> [[LabelEvent.Span]] {
            let collector = Collector()
            let lane = Lane(clock: clock, sink: collector)
            var publisher = SensorPublisher("s", pipeline)
            for name in names {
                publisher.time = 1_000_000
                if isANewEpoch { publisher.epoch += 1 }
                publisher.send(.hello(StreamHello(writer: isANewEpoch ? nil : name)), to: lane, at: clock)
                publisher.send(name == "ada" ? first : second, to: lane, at: clock)
                publisher.send(.endOfSegment, to: lane, at: clock)
                lane.settle()
            }
            return collector.finals.map(\.spans)
        }
        let alone = try #require(read(["ben"]).last), after = try #require(read(["ada", "ben"]).last)
        #expect(alone.map(\.name) == after.map(\.name) && alone.map(\.frames) == after.map(\.frames))
        #expect(alone.count > 3)
        // The same hand carries them on.
        let twice = read(["ben", "ben"])
        #expect(isANewEpoch ? twice[0] == twice[1] : twice[0] != twice[1])
    }

    /// A window with less than nothing to make final: no network takes it.
    @Test func aWindowThatFailsIsSaidAndLeavesNoReadingHalfDone() throws {
        let impossible = WindowRule(hop: 0.1, chunk: -1, lookahead: 3)
        let lane = Lane(clock: clock, sink: collector)
        let model = try TinyVectorModel.make(bidirectional: false)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(model, window: impossible))
        var random = SplitMix64(seed: 5)
        for _ in 0..<3 {
            publisher.send(random.wanderingVectors(10), to: lane, at: clock)
            lane.settle()
        }
        #expect(collector.failed.count == 2 && collector.failed.allSatisfy { !$0.isEmpty })
        #expect(lane.report.failures == 2)
        let rest = random.wanderingVectors(2)
        publisher.send(rest, to: lane, at: clock)
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let final = try #require(collector.finals.first)
        #expect(final.failure == nil && final.sampleCount == 32)
        let spans = spans(of: "s")
        #expect(spans.map(\.frames.upperBound).max() == 32)
        for (one, next) in zip(spans, spans.dropFirst()) { #expect(one.frames.upperBound == next.frames.lowerBound) }
        let unknown = spans.filter { $0.name == SpanLog.unknown }
        #expect(unknown.first?.frames.lowerBound == 0 && unknown.last?.frames.upperBound == 30)
        // What came after reads as if it stood alone.
        let recording = SensorRecording(
            id: "", subject: "", rate: 50, channels: TinyVectorModel.configuration.channels, values: rest)
        let alone = LabelSegment.joining(try SensorRecognizer(model: model).labels(of: recording).plain)
        #expect(
            spans.filter { $0.frames.lowerBound >= 30 }.map(\.name)
                == alone.map { model.alphabet.symbols[$0.label] })
    }

    @Test func aFinalThatCannotBeReadSaysWhy() throws {
        let lane = Lane(clock: clock, sink: collector)
        let model = try TinyVectorModel.make(task: .transcription)
        // A pipeline of ink with a model that reads vectors.
        let sensors = TinyVectorModel.pipeline(model, window: window)
        var endpoint = sensors.endpoint
        endpoint.newLine = false
        let pipeline = Pipeline(
            name: sensors.name, input: .ink, models: sensors.models, decoding: sensors.decoding,
            window: sensors.window, endpoint: endpoint)
        var publisher = TestPublisher("p", pipeline)
        var pen = ScribblingPen(seed: 1)
        for letter in pen.letters(3) { publisher.send(letter, to: lane, at: clock) }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        let final = try #require(collector.finals.first)
        #expect(final.text.isEmpty && final.failure?.contains("reads") == true)
        #expect(collector.finishedSegments.first?.failed == true && lane.report.failures == 1)
    }
}
