import Ink
import Recognition
import Synchronization

/// Reads ink as the daemon does while it is written: what streaming costs against the exact reading is measured with it.
///
/// For example: `try StreamedReader(model: model).lastPartial(of: line.strokes)`. It drives a lane by hand, so nothing waits. One thread.
public final class StreamedReader {
    private let clock = SteppedClock()
    private let collector = LastPartial()
    private let lane: Lane
    private let pipeline: Pipeline
    private var epoch: UInt64 = 0

    /// Time between reports where the ink has none: 100 a second.
    private static let untimedStep: Int64 = 10_000

    public init(model: Model, decoding: Recognizer.Decoding = .beam, window: WindowRule = WindowRule()) {
        let models = SharedModel(Served(model: model, generation: .init(number: 0)))
        // A labeled line is one segment, whatever its pauses.
        let whole = EndpointRule(pause: 1e9, idle: 1e9, newLine: false, maximumSamples: .max)
        pipeline = Pipeline(
            name: "evaluation", input: .ink, models: models, decoding: decoding, window: window, endpoint: whole)
        lane = Lane(clock: clock, sink: collector)
    }

    /// The text of `lastReading(of:)`.
    public func lastPartial(of strokes: [Stroke]) -> String {
        lastReading(of: strokes).text
    }

    /// What the last partial before the segment's end says: the pen rests, the final has not come yet.
    public func lastReading(of strokes: [Stroke]) -> Recognition {
        guard let stream = StreamName("evaluation") else { return .nothing }
        epoch += 1
        collector.forget()
        var sequence: UInt64 = 0
        func send(_ content: InkPacket.Content) {
            let packet = InkPacket(epoch: epoch, sequence: sequence, content: content)
            lane.receive(.ink(packet), of: stream, pipeline: pipeline, arrived: clock.unixMicroseconds)
            while lane.turn() {}
            sequence += 1
        }
        for stroke in strokes {
            for sample in stroke.samples {
                clock.advance(microseconds: Self.untimedStep)
                send(.samples([PenSample(sample)], firstStroke: nil))
            }
            if let last = stroke.samples.last { send(.samples([PenSample(last, contact: false)], firstStroke: nil)) }
        }
        clock.advance(microseconds: Int64(pipeline.window.hop * 1e6) + Lane.sweep)
        while lane.turn() {}
        let reading = collector.reading
        send(.endOfSegment)
        return reading
    }

    private final class LastPartial: LabelSink {
        private let last = Mutex(Recognition.nothing)
        var reading: Recognition { last.withLock { $0 } }
        func forget() { last.withLock { $0 = .nothing } }
        func publish(_ event: LabelEvent) {
            guard event.state == .partial else { return }
            let symbols = event.symbols.map {
                RecognizedSymbol(
                    text: $0.text, confidence: $0.confidence, frames: 0..<0, samples: $0.samples, strokes: $0.strokes)
            }
            let reading = Recognition(
                text: event.text, symbols: symbols, alternatives: [.init(text: event.text, score: 0)], frames: 0)
            last.withLock { $0 = reading }
        }
    }
}
