import DuctusDecoding
import Foundation

/// Reads whole recordings of a sensor: off line, and to measure a model.
///
/// Keeps its memory from recording to recording; used by one thread at a time.
public final class SensorRecognizer {
    /// The model that reads.
    public let model: Model
    private let configuration: VectorConfiguration
    private let recognizer: Recognizer
    private let reader = FrameReader()

    /// - Throws: `ModelError.wrongInput` where the model reads ink.
    public init(model: Model, decoding: Recognizer.Decoding = .bestPath) throws {
        guard case .vectors(let configuration) = model.input else {
            throw ModelError.wrongInput(model: model.name, expected: "ink")
        }
        self.model = model
        self.configuration = configuration
        recognizer = Recognizer(model: model, decoding: decoding)
    }

    /// For each frame the likeliest class, as the network alone sees it, and smoothed over time by the model's transitions: the same label
    /// where the model has none. Only smoothed labels have calibrated confidences.
    public func labels(of recording: SensorRecording) throws -> (plain: [FrameLabel], smoothed: [FrameLabel]) {
        try read(recording) { reading in
            let posteriors = reading.posteriors
            let plain = (0..<posteriors.frames).map { frame in
                let row = posteriors[frame]
                let best = row.indices.max { row[$0] < row[$1] } ?? 0
                return FrameLabel(label: best, confidence: min(1, exp(row[best])))
            }
            var labeler = FrameLabeler(model)
            return (plain, labeler.advance(posteriors, chunk: posteriors.frames))
        }
    }

    /// A recording's labels, smoothed by each of several transition models.
    func labels(of recording: SensorRecording, smoothedBy candidates: [TransitionModel]) throws -> [[FrameLabel]] {
        try read(recording) { reading in candidates.map { FrameViterbi.smooth(reading.posteriors, with: $0) } }
    }

    /// The text of a recording, by a model that transcribes.
    public func transcribe(_ recording: SensorRecording) throws -> Recognition {
        try read(recording) { reading in
            Recognition(recognizer.read(reading.posteriors), origins: reading.origins, model: model)
        }
    }

    private func read<Result>(
        _ recording: SensorRecording, _ body: (FrameReader.Reading) throws -> Result
    ) throws -> Result {
        let recording = try recording.arranged(for: configuration)
        let vectors = SensorVectors(channels: recording.channels, rate: recording.rate, values: recording.values)
        return try reader.read([.vectors(vectors)], with: model) { try body($1) }[0]
    }
}
