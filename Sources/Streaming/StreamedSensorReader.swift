import Recognition
import Synchronization

/// Labels sensor recordings as the daemon does while they arrive: what little lookahead costs is measured with it.
///
/// It drives a lane by hand, so nothing waits. One thread.
public final class StreamedSensorReader {
    private let model: Model
    private let configuration: VectorConfiguration
    private let pipeline: Pipeline
    private let clock = SteppedClock()
    private let spans = FinalSpans()
    private let lane: Lane
    private var epoch: UInt64 = 0

    /// - Parameter window: its lookahead, in frames, is what counts.
    /// - Throws: `ModelError.wrongInput` unless the model labels the frames of a sensor.
    public init(model: Model, window: WindowRule) throws {
        guard case .vectors(let configuration) = model.input, model.task == .frameLabels else {
            throw ModelError.wrongInput(model: model.name, expected: "something that is transcribed")
        }
        self.model = model
        self.configuration = configuration
        pipeline = Pipeline(
            name: "evaluation", input: .features, models: SharedModel(Served(model: model, generation: .init(number: 0))),
            window: window, endpoint: EndpointRule(maximumSamples: .max))
        lane = Lane(clock: clock, sink: spans)
    }

    /// Streams a recording in packets of a tenth of a second and counts the labels that became final.
    public func add(_ recording: SensorRecording, to evaluation: inout FrameEvaluation) {
        guard let stream = StreamName("evaluation"), recording.channels.count == configuration.channels.count else { return }
        epoch += 1
        spans.forget()
        var sequence: UInt64 = 0
        func send(_ content: FeaturePacket.Content) {
            let packet = FeaturePacket(epoch: epoch, sequence: sequence, content: content)
            lane.receive(.features(packet), of: stream, pipeline: pipeline, arrived: clock.unixMicroseconds)
            while lane.turn() {}
            sequence += 1
        }
        let step = max(1, Int(recording.rate / 10))
        for first in stride(from: 0, to: recording.count, by: step) {
            let end = min(recording.count, first + step)
            let values = recording.values[(first * recording.channels.count)..<(end * recording.channels.count)]
            clock.advance(microseconds: 100_000)
            send(
                .frames(
                    FeatureFrames(
                        time: Int64(Double(first) / recording.rate * 1e6), rate: Float(recording.rate),
                        channels: recording.channels.count, values: Array(values))))
        }
        send(.endOfSegment)
        count(recording, in: &evaluation)
    }

    private func count(_ recording: SensorRecording, in evaluation: inout FrameEvaluation) {
        let names = model.alphabet.symbols
        let reference = recording.frameLabels(configuration, names: names)
        var labels = [Int?](repeating: nil, count: recording.count)
        for span in spans.all {
            let label = names.firstIndex(of: span.name)
            for vector in span.frames.clamped(to: labels.indices) { labels[vector] = label }
        }
        let vectorsPerFrame = configuration.frameSeconds * recording.rate
        let recognized = reference.indices.map { frame in
            labels[min(labels.count - 1, Int((Double(frame) + 0.5) * vectorsPerFrame))]
        }
        // No label, or "unknown", is wrong.
        let wrong = reference.map { (Int($0) + 1) % names.count }
        evaluation.add(reference: reference, recognized: zip(recognized, wrong).map { $0 ?? $1 })
    }

    private final class FinalSpans: LabelSink {
        private let kept = Mutex<[LabelEvent.Span]>([])
        var all: [LabelEvent.Span] { kept.withLock { $0 } }
        func forget() { kept.withLock { $0.removeAll() } }
        func publish(_ event: LabelEvent) {
            kept.withLock { $0 += event.spans.filter { $0.state == .final } }
        }
    }
}
