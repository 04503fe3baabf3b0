import DuctusStreaming

/// A label event as `--json` prints it.
struct LabelEventOutput: Encodable {
    struct Symbol: Encodable {
        var text: String
        var confidence: Float
        var time: [Int64]?
        var samples, strokes: [Int]
    }

    struct Alternative: Encodable {
        var text: String
        var score: Float
    }

    struct Span: Encodable {
        var number: UInt64
        var name, state: String
        var confidence: Float
        var time: [Int64]?
        var frames: [Int]
    }

    var stream, state, text: String
    var epoch, number, segment: UInt64
    var revision: UInt32
    var committed: Int
    var symbols: [Symbol]
    var alternatives: [Alternative]
    var spans: [Span]
    var ending, writer, failure: String?
    var generation: UInt64
    var strokes: [UInt32]
    var samples: Int
    var gaps, lost_packets, dirty_samples, clock_jumps, rate_changes, dropped_partials: UInt64
    var arrived, decided, published: Int64

    init(_ event: LabelEvent) {
        stream = event.stream.text
        state = event.state == .final ? "final" : "partial"
        text = event.text
        epoch = event.epoch
        number = event.number
        segment = event.segment
        revision = event.revision
        committed = event.committed
        symbols = event.symbols.map {
            Symbol(
                text: $0.text, confidence: $0.confidence, time: $0.time.map { [$0.lowerBound, $0.upperBound] },
                samples: [$0.samples.lowerBound, $0.samples.upperBound],
                strokes: [$0.strokes.lowerBound, $0.strokes.upperBound])
        }
        alternatives = event.alternatives.map { Alternative(text: $0.text, score: $0.score) }
        spans = event.spans.map {
            Span(
                number: $0.number, name: $0.name, state: $0.state == .final ? "final" : "provisional",
                confidence: $0.confidence,
                time: $0.time.map { [$0.lowerBound, $0.upperBound] },
                frames: [$0.frames.lowerBound, $0.frames.upperBound])
        }
        ending = event.ending?.rawValue
        writer = event.generation.writer
        failure = event.failure
        generation = event.generation.number
        strokes = event.strokes
        samples = event.sampleCount
        gaps = event.gaps.count
        lost_packets = event.gaps.packets
        dirty_samples = event.gaps.dirtySamples
        clock_jumps = event.gaps.clockJumps
        rate_changes = event.gaps.rateChanges
        dropped_partials = event.droppedPartials
        arrived = event.stamps.arrived
        decided = event.stamps.decided
        published = event.stamps.published
    }
}
