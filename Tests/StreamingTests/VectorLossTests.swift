import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// Lost packets, clocks that jump, channels that die, rates that change: handled, counted, told; never guessed at.
@Suite struct VectorLossTests {
    let clock = HandClock()
    let collector = Collector()
    let window = WindowRule(hop: 0.2, chunk: 5, lookahead: 10)

    private var spans: [LabelEvent.Span] { collector.events.flatMap { $0.spans.filter { $0.state == .final } } }
    private var unknown: [Range<Int>] { spans.filter { $0.name == "unknown" }.map(\.frames) }

    /// One second of vectors in ten packets.
    private func second(_ random: inout SplitMix64, from publisher: inout SensorPublisher, to lane: Lane) {
        for _ in 0..<10 {
            publisher.send(random.wanderingVectors(5), to: lane, at: clock)
            lane.settle()
        }
    }

    private func end(_ publisher: inout SensorPublisher, _ lane: Lane) throws -> LabelEvent {
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        return try #require(collector.finals.last)
    }

    @Test func aLongGapIsUnknownAndLabelsBeginAnewBehindIt() throws {
        let model = try TinyVectorModel.make(bidirectional: false)
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(model, window: window))
        var random = SplitMix64(seed: 1)
        second(&random, from: &publisher, to: lane)
        publisher.skip(100)
        publisher.sequence += 20
        var after = random.wanderingVectors(50)
        let behind = after
        while !after.isEmpty {
            publisher.send(after.prefix(15), to: lane, at: clock)
            after.removeFirst(15)
            lane.settle()
        }
        let final = try end(&publisher, lane)
        #expect(unknown == [50..<150])
        let gap = try #require(spans.first { $0.name == "unknown" })
        #expect(gap.time == 2_000_000...4_000_000 && gap.confidence == 0)
        #expect(final.gaps == .init(count: 1, packets: 20, dirtySamples: 0))
        #expect(final.sampleCount == 200)
        // What follows reads as if it stood alone.
        let alone = SensorRecording(
            id: "", subject: "", rate: 50, channels: TinyVectorModel.configuration.channels, values: behind)
        let labels = LabelSegment.joining(try SensorRecognizer(model: model).labels(of: alone).plain)
        #expect(spans.last?.frames.upperBound == 200)
        #expect(
            spans.first { $0.frames.lowerBound == 150 }?.name == labels.first.map { model.alphabet.symbols[$0.label] })
        // What a correction refers to has the gap at its place.
        guard case .vectors(let recorded) = try #require(collector.finishedSegments.last?.evidence) else {
            Issue.record("not vectors")
            return
        }
        #expect(recorded.channels == ["x", "y", "z"] && recorded.rate == 50)
        let kept = recorded.values
        #expect(kept.count == 600 && kept[150..<450].allSatisfy(\.isNaN) && Array(kept[450...]) == behind)
    }

    @Test func aSegmentWithTooLongAGapKeepsNoVectors() throws {
        let model = try TinyVectorModel.make(bidirectional: false)
        let lane = Lane(clock: clock, sink: collector)
        let endpoint = EndpointRule(maximumSamples: 500)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(model, window: window, endpoint: endpoint))
        var random = SplitMix64(seed: 2)
        second(&random, from: &publisher, to: lane)
        publisher.skip(501)
        second(&random, from: &publisher, to: lane)
        _ = try end(&publisher, lane)
        let torn = try #require(collector.finishedSegments.first)
        #expect(torn.evidence == nil && torn.isEmpty)
    }

    @Test func aShortGapIsBridgedAndItsMissingFramesAreUnknown() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        var random = SplitMix64(seed: 2)
        second(&random, from: &publisher, to: lane)
        publisher.skip(10)
        publisher.sequence += 2
        second(&random, from: &publisher, to: lane)
        let final = try end(&publisher, lane)
        #expect(unknown == [50..<60])
        #expect(final.gaps.count == 1 && final.gaps.packets == 2 && final.sampleCount == 110)
    }

    @Test func withoutAClockLostPacketsAreCountedAsVectors() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        publisher.time = nil
        var random = SplitMix64(seed: 3)
        second(&random, from: &publisher, to: lane)
        publisher.sequence += 8
        second(&random, from: &publisher, to: lane)
        let final = try end(&publisher, lane)
        #expect(unknown == [50..<90])
        #expect(final.sampleCount == 140 && spans.allSatisfy { $0.time == nil })
    }

    @Test func aClockThatIsSetBackBreaksTheLabelsAndIsCounted() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        var random = SplitMix64(seed: 4)
        second(&random, from: &publisher, to: lane)
        publisher.time = -5_000_000
        second(&random, from: &publisher, to: lane)
        let final = try end(&publisher, lane)
        #expect(unknown.isEmpty)
        #expect(final.gaps == .init(count: 1, clockJumps: 1) && final.sampleCount == 100)
        let first = try #require(spans.first { $0.frames.lowerBound == 50 }?.time)
        #expect(first.lowerBound == -5_000_000)
    }

    @Test func aDeadChannelIsReadAroundAndADeadSensorIsUnknown() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        var random = SplitMix64(seed: 5)
        for dead in [0..<1, 0..<3, 0..<0] {
            var values = random.wanderingVectors(50)
            for vector in 0..<50 {
                for channel in dead { values[vector * 3 + channel] = channel == 0 ? .nan : .infinity }
            }
            publisher.send(values, to: lane, at: clock)
            lane.settle()
        }
        let final = try end(&publisher, lane)
        #expect(unknown == [50..<100])
        #expect(final.gaps == .init(count: 0, packets: 0, dirtySamples: 100))
        #expect(spans.allSatisfy { $0.confidence.isFinite })
    }

    @Test func vectorsOfAnotherWidthAreNoGuess() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        publisher.send([Float](repeating: 1, count: 100), channels: 2, to: lane, at: clock)
        lane.settle()
        let final = try end(&publisher, lane)
        #expect(unknown == [0..<50] && final.gaps.dirtySamples == 50)
    }

    /// The same vectors, in the order in which another sensor gives them, with a channel that the model does not know.
    @Test func channelsAreFoundByTheirNames() throws {
        let model = try TinyVectorModel.make()
        var random = SplitMix64(seed: 8)
        let values = random.wanderingVectors(100)
        func spans(_ channels: [String]) throws -> [LabelEvent.Span] {
            let collector = Collector()
            let lane = Lane(clock: clock, sink: collector)
            var publisher = SensorPublisher("s", TinyVectorModel.pipeline(model, window: window))
            publisher.send(.hello(StreamHello(channels: channels)), to: lane, at: clock)
            let turned = ChannelOrder(of: channels, among: TinyVectorModel.configuration.channels).arrange(values)
            publisher.send(turned, channels: channels.count, to: lane, at: clock)
            publisher.send(.endOfSegment, to: lane, at: clock)
            lane.settle()
            #expect(collector.finals.map(\.gaps) == [.init()] && collector.missing.isEmpty)
            return collector.events.flatMap { $0.spans.filter { $0.state == .final } }
        }
        let named = try spans(["x", "y", "z"])
        #expect(try named.count > 2 && spans(["z", "spare", "x", "y"]) == named)
    }

    @Test func missingChannelsAreToldAndReadAround() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        publisher.send(.hello(StreamHello(channels: ["z", "y"])), to: lane, at: clock)
        #expect(collector.missing == [["x"]])
        publisher.send([Float](repeating: 1, count: 100), channels: 2, to: lane, at: clock)
        // A hello with other names, in mid-recording: from here on all but one are missing.
        publisher.send(.hello(StreamHello(channels: ["z"])), to: lane, at: clock)
        #expect(collector.missing == [["x"], ["x", "y"]])
        publisher.send([Float](repeating: 1, count: 50), channels: 1, to: lane, at: clock)
        let final = try end(&publisher, lane)
        #expect(unknown == [50..<100] && final.gaps == .init(count: 0, packets: 0, dirtySamples: 100))
    }

    @Test func timesAreThoseOfTheClockThatTheVectorsCameWith() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        var random = SplitMix64(seed: 9)
        second(&random, from: &publisher, to: lane)
        publisher.rate = 25
        second(&random, from: &publisher, to: lane)
        _ = try end(&publisher, lane)
        for span in spans {
            // One second at 50 Hz, then two at 25.
            func time(_ vector: Int) -> Int64 {
                1_000_000 + Int64(vector <= 50 ? vector * 20_000 : 1_000_000 + (vector - 50) * 40_000)
            }
            #expect(span.time == time(span.frames.lowerBound)...time(span.frames.upperBound))
        }
    }

    @Test func anotherRateIsResampledToTheModels() throws {
        let model = try TinyVectorModel.make(bidirectional: false)
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(model, window: window))
        publisher.rate = 80
        var random = SplitMix64(seed: 6)
        let values = random.wanderingVectors(400)
        for start in stride(from: 0, to: 1200, by: 60) {
            publisher.send(values[start..<(start + 60)], to: lane, at: clock)
            lane.settle()
        }
        let final = try end(&publisher, lane)
        let recording = SensorRecording(
            id: "", subject: "", rate: 80, channels: TinyVectorModel.configuration.channels, values: values)
        let expected = LabelSegment.joining(try SensorRecognizer(model: model).labels(of: recording).plain)
        #expect(spans.map(\.name) == expected.map { model.alphabet.symbols[$0.label] })
        #expect(final.sampleCount == 400)
        let last = try #require(spans.last?.frames.upperBound)
        #expect((394...400).contains(last))
        #expect(final.gaps.isEmpty)
        publisher.rate = 50
        second(&random, from: &publisher, to: lane)
        let next = try end(&publisher, lane)
        #expect(next.sampleCount == 50 && next.gaps.isEmpty)
    }

    @Test func aRateThatChangesWithinASegmentIsCounted() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        var random = SplitMix64(seed: 7)
        for rate: Float in [50, 80, 50] {
            publisher.rate = rate
            second(&random, from: &publisher, to: lane)
        }
        let final = try end(&publisher, lane)
        #expect(final.gaps == .init(rateChanges: 2) && final.sampleCount == 150)
    }

    @Test func repeatedPacketsAreDroppedAndANewEpochEndsTheSegment() throws {
        let lane = Lane(clock: clock, sink: collector)
        var publisher = SensorPublisher("s", TinyVectorModel.pipeline(try TinyVectorModel.make(), window: window))
        var random = SplitMix64(seed: 7)
        second(&random, from: &publisher, to: lane)
        publisher.sequence -= 3
        publisher.send(random.wanderingVectors(5), to: lane, at: clock)
        #expect(lane.report.repeatedPackets == 1)
        publisher.epoch += 1
        publisher.sequence = 40
        second(&random, from: &publisher, to: lane)
        _ = try end(&publisher, lane)
        #expect(collector.finals.map(\.ending) == [.hello, .explicit])
        #expect(collector.finals.map(\.sampleCount) == [50, 50])
        #expect(collector.finals.allSatisfy { $0.gaps.isEmpty })
    }
}
