import DuctusInk
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

extension FuzzTarget {
    /// What comes through sockets, and recordings of it.
    static let wire = [
        FuzzTarget("wire.ink", share: 175_000, .message, seeds: Seeds.ink) { bytes, _ in
            // Samples that passed the decoder meet the segmenter next.
            if case .samples(let reports, let number) = try InkPacket(wire: bytes).content {
                var segmenter = Segmenter(rule: EndpointRule())
                var closed: [Segmenter.Closed] = []
                for report in reports { segmenter.append(report, number: number, closed: &closed) }
                segmenter.end(.explicit, closed: &closed)
            }
        },
        FuzzTarget("wire.features", share: 100_000, .message, seeds: Seeds.features) { bytes, _ in
            _ = try FeaturePacket(wire: bytes)
        },
        FuzzTarget("wire.labels", share: 100_000, .message, seeds: Seeds.labels) { bytes, _ in
            _ = try LabelEvent(wire: bytes)
        },
        FuzzTarget("wire.requests", share: 100_000, .message, seeds: Seeds.requests) { bytes, _ in
            let request: WireControlRequest
            do throws(WireFault) {
                request = try WireControlRequest(wire: bytes)
            } catch {
                _ = try WireControlReply(refusing: bytes, because: error).wire()
                throw error
            }
            _ = try request.asked()
        },
        FuzzTarget("wire.replies", share: 50_000, .message, seeds: Seeds.replies) { bytes, _ in
            do { _ = try WireControlReply(wire: bytes).answer() } catch is ControlFailure {}
        },
        FuzzTarget("wire.events", share: 30_000, .message, seeds: Seeds.events) { bytes, _ in
            _ = try WireDaemonEvent(wire: bytes)
        },
        FuzzTarget("wire.suggestions", share: 30_000, .message, seeds: Seeds.suggestions) { bytes, _ in
            _ = try WireReviewSuggestion(wire: bytes).ink.samples()
        },
        FuzzTarget(
            "wire.topics", share: 30_000, .text(tokens: ["ink.", "labels.", "events", ".", "_", "\u{1}", "é"]),
            seeds: Seeds.topics
        ) {
            bytes, _ in
            _ = bytes.withUnsafeBytes { Subscription($0) }
            _ = try Topic(wire: bytes)
        },
        FuzzTarget("wire.fixture", share: 40_000, .message, seeds: Seeds.fixtures) { bytes, file in
            _ = try FixtureReader.read(file.holding(bytes))
        },
    ]
}

/// One message of every kind, with every field.
private enum Seeds {
    static let samples = (0..<24).map { index in
        PenSample(
            Sample(x: Float(index) * 1.5, y: -3, time: Int64(index) * 7500, pressure: 0.5, tiltX: 10, tiltY: -20),
            contact: index % 9 > 0)
    }
    static let hello = StreamHello(
        writer: "ann", device: "pen", resolution: 100, area: .init(x: 0, y: 0, width: 200, height: 100),
        precedingText: "so it ",
        language: "en")

    static let ink = made {
        let contents: [InkPacket.Content] = [
            .samples(samples, firstStroke: 3),
            .samples(samples.map { PenSample(Sample(x: $0.sample.x, y: 1)) }, firstStroke: nil),
            .hello(hello), .endOfSegment, .proximityOut, .retraction([1, 2, 300]),
        ]
        return try contents.map { try InkPacket(epoch: 1 << 50, sequence: 7, content: $0).wire() }
    }
    static let features = made {
        let contents: [FeaturePacket.Content] = [
            .frames(.init(time: 5, rate: 50, channels: 3, values: [1, 2, .nan, 4, 5, 6])),
            .frames(.init(rate: 100, channels: 1, values: [9])),
            .hello(hello), .endOfSegment,
        ]
        return try contents.map { try FeaturePacket(epoch: 9, sequence: 1, content: $0).wire() }
    }
    static let labels = made {
        guard let stream = StreamName("desk-1") else { return [] }
        let symbols = (0..<4).map {
            LabelEvent.Symbol(
                text: "a", confidence: 0.5, time: Int64($0)...Int64($0 + 2), samples: $0..<$0 + 5, strokes: 0..<1)
        }
        let spans = [
            LabelEvent.Span(number: 3, name: "WALKING", time: 1...9, confidence: 0.9, state: .final, frames: 0..<50),
            LabelEvent.Span(number: 4, name: "SITTING", confidence: 0.4, state: .provisional, frames: 50..<60),
        ]
        return try ([nil] + LabelEvent.Ending.allCases).map { ending in
            try LabelEvent(
                stream: stream, epoch: 5, number: 6, segment: 7, revision: 1, state: ending == nil ? .partial : .final,
                text: "aaaa",
                committed: 2, symbols: symbols, alternatives: [.init(text: "aaab", score: -2)], spans: spans,
                ending: ending,
                generation: .init(writer: "ann", number: 3), strokes: [0, 1, 5], sampleCount: 40,
                gaps: .init(count: 1, packets: 2, dirtySamples: 3, clockJumps: 4, rateChanges: 5), droppedPartials: 1,
                stamps: .init(arrived: 1, decided: 2, published: 3)
            ).wire()
        }
    }
    static let generation = LabelEvent.Generation(writer: "ann", number: 4).wire
    static let requests = made {
        let bodies: [WireControlRequest.OneOf_Body] = [
            .status(.init()), .listStreams(.with { ($0.prefix, $0.after, $0.limit) = ("p", "p1", 10) }),
            .correct(
                .with { ($0.stream, $0.segment, $0.text, $0.spans) = ("desk", 5, "text", [.with { $0.name = "A" }]) }),
            .listModels(.with { $0.writer = "ann" }), .showModel(.with { $0.generation = generation }),
            .rollbackModel(.with { $0.generation = generation }), .exportJournal(.init()),
            .eraseJournal(.with { $0.writer = "ann" }),
            .reload(.init()),
        ]
        return try bodies.map { try WireControlRequest(id: 9, $0).wire() }
    }
    static let replies = made {
        let record = WireGenerationRecord.with {
            ($0.generation, $0.parent, $0.baseHash, $0.created) = (generation, generation, "ab", 5)
            ($0.inUse, $0.corrections, $0.figures) = (true, 2, ["canary": 0.1])
        }
        let bodies: [WireControlReply.OneOf_Body] = [
            .failure(.with { ($0.code, $0.message, $0.remedy) = (.forbidden, "no", "ask") }),
            .status(
                .with {
                    ($0.release, $0.ready, $0.degraded, $0.streams, $0.counters) = (
                        "1", true, ["disk: full"], 3, ["packets": 4]
                    )
                    ($0.started, $0.instructionSet, $0.residentBytes, $0.endpoints) = (1, "avx2", 1 << 26, ["ipc://a"])
                    $0.pipelines = [
                        .with {
                            ($0.name, $0.input, $0.model, $0.generation, $0.streams, $0.hopMs, $0.lookaheadMs) = (
                                "ink", "ink", "m", generation, 1, 250, 400
                            )
                        }
                    ]
                    $0.lanes = [
                        .with {
                            ($0.number, $0.streams, $0.queued, $0.windows, $0.skippedPartials, $0.p50Ms, $0.p99Ms) = (
                                1, 2, 3, 4, 5, 6, 7
                            )
                        }
                    ]
                }),
            .listStreams(
                .with {
                    $0.more = true
                    $0.streams = [
                        .with {
                            ($0.name, $0.pipeline, $0.writer, $0.device, $0.generation, $0.lane, $0.segment) = (
                                "a", "ink", "w", "d", generation, 1, 9
                            )
                            (
                                $0.open, $0.samples, $0.segments, $0.gaps, $0.dirty, $0.memoryBytes, $0.lastActivity,
                                $0.text
                            ) = (true, 1, 2, 3, 4, 5, 6, "t")
                        }
                    ]
                }),
            .correct(.with { ($0.correction, $0.writer) = (1, "ann") }),
            .listModels(.with { $0.generations = [record] }),
            .showModel(.with { ($0.record, $0.corrections, $0.card) = (record, [1, 2], "card") }),
            .rollbackModel(.with { ($0.from, $0.to) = (generation, generation) }), .exportJournal(.init()),
            .eraseJournal(.init()),
            .reload(.with { ($0.applied, $0.postponed) = (["a"], ["b"]) }),
        ]
        return try bodies.map { try WireControlReply(id: 9, $0).wire() }
    }
    static let events = made {
        let trial = WireTrial.with {
            ($0.generation, $0.parent, $0.corrections, $0.reason, $0.seconds) = (generation, generation, 3, "why", 2)
            ($0.heldOutBefore, $0.heldOutAfter, $0.canaryBefore, $0.canaryAfter) = (0.2, 0.1, 0.1, 0.1)
            $0.writer = "anna"
        }
        let bodies: [WireDaemonEvent.OneOf_Body] = [
            .promotion(trial), .rejection(trial), .rollback(.with { ($0.from, $0.to) = (generation, generation) }),
            .reload(.with { ($0.succeeded, $0.remarks) = (true, ["a"]) }),
            .streamLeft(.with { ($0.stream, $0.reason) = ("a", "idle") }),
        ]
        return try bodies.map { body in
            try WireDaemonEvent.with { ($0.epoch, $0.number, $0.time, $0.body) = (1, 2, 3, body) }.wire()
        }
    }
    static let suggestions = made {
        [
            try WireReviewSuggestion.with {
                ($0.stream, $0.segment, $0.text, $0.confidence, $0.generation, $0.writer) = (
                    "a", 5, "text", 0.4, generation, "ann"
                )
                $0.alternatives = [.with { ($0.text, $0.score) = ("tent", -1) }]
                $0.ink = WireInkSamples(strokes: [Stroke(samples.map(\.sample))])
            }.wire()
        ]
    }
    static let topics = [
        "ink.desk-1", "features.imu_2", "labels.a", "review.b", "events", "ink." + String(repeating: "x", count: 64),
    ]
    .map { Array($0.utf8) }
    static let fixtures = made {
        let file = try ScratchFile()
        let writer = try FixtureWriter(URL(fileURLWithPath: file.path))
        for (index, payload) in ink.enumerated() {
            try writer.append(FixtureRecord(topic: "ink.a", time: Int64(index) * 1000, payload: payload))
        }
        try writer.close()
        return [Array(try Data(contentsOf: URL(fileURLWithPath: file.path)))]
    }

    private static func made(_ make: () throws -> [[UInt8]]) -> [[UInt8]] {
        do { return try make() } catch { fatalError("a seed cannot be made: \(error)") }
    }
}
