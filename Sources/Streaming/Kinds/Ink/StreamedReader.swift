import DuctusFoundations
import DuctusInk
import DuctusRecognition

/// The labels that streaming gave for one segment.
public struct StreamedReading: Sendable {
    /// The last partial before the end: the pen rests, the final has not come yet.
    public var partial: Recognition
    /// The committed text of that partial.
    public var committed: String
    /// The text of the final.
    public var final: String

    /// The final does not begin with what was promised.
    public var isContradicted: Bool { !final.unicodeScalars.starts(with: committed.unicodeScalars) }
}

/// Reads ink as the daemon does while it is written, to measure the cost of streaming against the exact reading.
///
/// For example: `StreamedReader(model: model).read(line.strokes).partial.text`. It drives a lane by hand, so nothing waits. One thread.
public final class StreamedReader {
    private let clock = SteppedClock()
    private let collector = LastEvents()
    private let lane: Lane
    private let pipeline: Pipeline
    private var epoch: UInt64 = 0

    /// Time between reports where the ink has none: 100 a second.
    private static let untimedStep: Int64 = 10_000

    /// A reader with a lane of its own, which ends no line before the ink ends.
    public init(model: Model, decoding: Recognizer.Decoding = .beam, window: WindowRule = WindowRule()) {
        let models = SharedModel(Served(model: model, generation: .init(number: 0)))
        // A labeled line is one segment, whatever its pauses.
        let whole = EndpointRule(pause: 1e9, idle: 1e9, newLine: false, maximumSamples: .max)
        pipeline = Pipeline(
            name: "evaluation", input: .ink, models: models, decoding: decoding, window: window, endpoint: whole)
        lane = Lane(clock: clock, sink: collector)
    }

    /// Writes the strokes sample by sample, and ends the segment.
    public func read(_ strokes: [Stroke]) -> StreamedReading {
        guard let stream = StreamName("evaluation") else { return LastEvents.nothing }
        epoch += 1
        collector.forget()
        var sequence: UInt64 = 0
        func send(_ content: InkPacket.Content) {
            let packet = InkPacket(epoch: epoch, sequence: sequence, content: content)
            lane.receive(packet, of: stream, pipeline: pipeline, arrived: clock.unixMicroseconds)
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
        send(.endOfSegment)
        return collector.reading
    }
}
