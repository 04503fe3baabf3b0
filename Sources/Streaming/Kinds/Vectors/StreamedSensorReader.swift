import DuctusDecoding
import DuctusFoundations
import DuctusRecognition

/// Reads sensor recordings as the daemon does while they arrive, to measure the cost of a short lookahead.
///
/// For example: `try StreamedSensorReader(model: model, window: WindowRule(chunk: 5, lookahead: 10)).labels(of: recording)`. It drives a lane by
/// hand, so nothing waits. One thread.
public final class StreamedSensorReader {
    private let model: Model
    private let configuration: VectorConfiguration
    private let pipeline: Pipeline
    private let clock = SteppedClock()
    private let collector = LastEvents()
    private let lane: Lane
    private var epoch: UInt64 = 0

    /// - Throws: `ModelError.wrongInput` where the model reads ink.
    public init(model: Model, decoding: Recognizer.Decoding = .bestPath, window: WindowRule = WindowRule()) throws {
        guard case .vectors(let configuration) = model.input else {
            throw ModelError.wrongInput(model: model.name, expected: "ink")
        }
        self.model = model
        self.configuration = configuration
        pipeline = Pipeline(
            name: "evaluation", input: .features,
            models: SharedModel(Served(model: model, generation: .init(number: 0))),
            decoding: decoding, window: window, endpoint: EndpointRule(maximumSamples: .max))
        lane = Lane(
            limits: LaneLimits(streamBytes: .max, clientFrames: .max, clientBytes: .max, waitingBytes: .max),
            clock: clock, sink: collector)
    }

    /// The events of a recording: its last partial before the end, its final, and the spans that became final.
    ///
    /// - Throws: `SensorFileError.lacksChannels`.
    public func read(_ recording: SensorRecording) throws -> (reading: StreamedReading, spans: [LabelEvent.Span]) {
        try stream(recording)
        return (collector.reading, collector.spans)
    }

    /// For each frame of a recording the label that became final, and its confidence; nil where there is none or it is unknown. By a model
    /// that labels every frame.
    ///
    /// - Throws: `SensorFileError.lacksChannels`.
    public func labels(of recording: SensorRecording) throws -> [FrameLabel?] {
        let names = model.alphabet.symbols
        var labels = [FrameLabel?](repeating: nil, count: recording.count)
        for span in try read(recording).spans {
            let label = names.firstIndex(of: span.name).map { FrameLabel(label: $0, confidence: span.confidence) }
            for vector in span.frames.clamped(to: labels.indices) { labels[vector] = label }
        }
        let vectorsPerFrame = configuration.frameSeconds * recording.rate
        return recording.frameLabels(configuration, names: names).indices.map { frame in
            labels[min(labels.count - 1, Int((Double(frame) + 0.5) * vectorsPerFrame))]
        }
    }

    private func stream(_ recording: SensorRecording) throws {
        let recording = try recording.arranged(for: configuration)
        guard let stream = StreamName("evaluation") else { return }
        epoch += 1
        collector.forget()
        var sequence: UInt64 = 0
        func send(_ content: FeaturePacket.Content) {
            let packet = FeaturePacket(epoch: epoch, sequence: sequence, content: content)
            lane.receive(packet, of: stream, pipeline: pipeline, arrived: clock.unixMicroseconds)
            while lane.turn() {}
            sequence += 1
        }
        for piece in recording.pieces(from: 0) {
            clock.advance(microseconds: 100_000)
            send(.frames(piece.frames))
        }
        send(.endOfSegment)
    }
}
