import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// Sensors whose model transcribes, and sensors beside pens.
@Suite struct UtteranceTests {
    let clock = HandClock()
    let collector = Collector()

    private var configuration: VectorConfiguration {
        VectorConfiguration(channels: ["x", "y", "z"], rate: 50, stack: 2, deltas: true, normalizesRecording: true)
    }

    private func speak(_ values: [Float], with publisher: inout SensorPublisher, to lane: Lane) {
        for start in stride(from: 0, to: values.count, by: 21) {
            publisher.send(values[start..<min(values.count, start + 21)], to: lane, at: clock)
            lane.settle()
        }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
    }

    @Test func theFinalOfAnUtteranceIsExactlyTheOffLineReading() throws {
        let model = try TinyVectorModel.make(task: .transcription, configuration: configuration)
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher(
            "s", TinyVectorModel.pipeline(model, window: WindowRule(hop: 0.2, chunk: 4, lookahead: 8)))
        var random = SplitMix64(seed: 4)
        for _ in 0..<3 {
            let values = random.wanderingVectors(211)
            speak(values, with: &publisher, to: lane)
            let recording = SensorRecording(
                id: "", subject: "", rate: 50, channels: configuration.channels, values: values)
            let expected = try SensorRecognizer(model: model).transcribe(recording)
            let final = try #require(collector.finals.last)
            #expect(final.text == expected.text && !final.text.isEmpty)
            #expect(final.symbols.map(\.samples) == expected.symbols.map(\.samples))
            #expect(final.spans.isEmpty && final.committed == final.text.unicodeScalars.count)
            publisher.skip(500)
        }
        #expect(collector.finals.count == 3)
        for partial in collector.events where partial.state == .partial {
            #expect(partial.symbols.map(\.text).joined() == partial.text)
        }
        #expect(collector.events.contains { $0.state == .partial && !$0.text.isEmpty })
    }

    @Test func inkAndTwoSensorsInOneLaneReadAsEachAlone() throws {
        let ink = Pipeline(name: "ink", input: .ink, models: try TinyModel.store(), window: WindowRule(hop: 0.2))
        let labels = TinyVectorModel.pipeline(
            try TinyVectorModel.make(seed: 2), window: WindowRule(hop: 0.2, chunk: 5, lookahead: 10))
        let speech = TinyVectorModel.pipeline(
            try TinyVectorModel.make(seed: 3, task: .transcription, configuration: configuration),
            window: WindowRule(hop: 0.3, chunk: 4, lookahead: 8))

        func run(_ which: Set<Int>) -> [String: [String]] {
            let collector = Collector()
            let lane = Lane(limits: LaneLimits(batch: 2), clock: clock, sink: collector)
            var pen = ScribblingPen(seed: 1)
            var random = [SplitMix64(seed: 2), SplitMix64(seed: 3)]
            var writer = TestPublisher("pen", ink)
            var sensors = [SensorPublisher("watch", labels), SensorPublisher("voice", speech)]
            for step in 0..<60 {
                if which.contains(0) {
                    writer.send(pen.letter(), to: lane, at: clock)
                    if step % 12 == 11 { writer.send(.endOfSegment, to: lane, at: clock) }
                }
                for index in 0..<2 where which.contains(index + 1) {
                    sensors[index].send(random[index].wanderingVectors(6 + index), to: lane, at: clock)
                    if step % (20 + index) == 19 { sensors[index].send(.endOfSegment, to: lane, at: clock) }
                }
                lane.settle()
            }
            lane.finish()
            return Dictionary(grouping: collector.events, by: \.stream.text).mapValues { events in
                events.map { "\($0.state) \($0.text) \($0.spans.map { "\($0.number) \($0.name) \($0.frames)" })" }
            }
        }
        let together = run([0, 1, 2])
        #expect(together.count == 3 && together.values.allSatisfy { $0.count > 5 })
        var alone: [String: [String]] = [:]
        for index in 0..<3 { alone.merge(run([index])) { $0 + $1 } }
        #expect(together == alone)
    }

    @Test func aStreamIsEitherInkOrFeatures() throws {
        let lane = Lane(clock: clock, sink: collector)
        var writer = TestPublisher("one", Pipeline(name: "ink", input: .ink, models: try TinyModel.store()))
        var sensor = SensorPublisher("one", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: WindowRule()))
        var pen = ScribblingPen(seed: 1)
        writer.send(pen.letter(), to: lane, at: clock)
        sensor.send([1, 2, 3], to: lane, at: clock)
        #expect(lane.report.refusals == [.kind: 1])
    }

    @Test func aPipelineOfFeaturesWithAModelOfInkReadsNothing() throws {
        let lane = Lane(clock: clock, sink: collector)
        let pipeline = Pipeline(name: "wrong", input: .features, models: try TinyModel.store())
        var sensor = SensorPublisher("one", pipeline)
        sensor.send([1, 2, 3], to: lane, at: clock)
        lane.settle()
        lane.finish()
        #expect(collector.events.isEmpty)
    }
}
