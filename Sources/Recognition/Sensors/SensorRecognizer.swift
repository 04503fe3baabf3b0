import DuctusDecoding
import DuctusInk
import DuctusNetwork
import Foundation

/// Reads whole recordings of a sensor: off line, and to measure a model.
///
/// Keeps its memory from recording to recording; used by one thread at a time.
public final class SensorRecognizer {
    public let model: Model
    private let extractor: VectorExtractor
    private let recognizer: Recognizer
    private let workspace = Workspace()

    /// - Throws: `ModelError.wrongInput` where the model reads ink.
    public init(model: Model, decoding: Recognizer.Decoding = .bestPath) throws {
        guard case .vectors(let configuration) = model.input else {
            throw ModelError.wrongInput(model: model.name, expected: "ink")
        }
        self.model = model
        extractor = VectorExtractor(configuration)
        recognizer = Recognizer(model: model, decoding: decoding)
    }

    /// For each frame the likeliest class, as the network alone sees it, and smoothed over time by the model's transitions: the same label
    /// where the model has none. Only smoothed labels have calibrated confidences.
    public func labels(of recording: SensorRecording) throws -> (plain: [FrameLabel], smoothed: [FrameLabel]) {
        try withPosteriors(of: recording) { posteriors in
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
        try withPosteriors(of: recording) { posteriors in candidates.map { FrameViterbi.smooth(posteriors, with: $0) } }
    }

    /// What a recording says, by a model that transcribes.
    public func transcribe(_ recording: SensorRecording) throws -> Recognition {
        try withPosteriors(of: recording) { posteriors in
            let vectorsPerFrame = extractor.configuration.frameSeconds * recording.rate
            let frames = (0..<posteriors.frames * model.network.architecture.stride).map { frame in
                FrameOrigin(
                    stroke: 0, firstSample: Int32(clamping: Int(Double(frame) * vectorsPerFrame)),
                    endSample: Int32(clamping: Int(Double(frame + 1) * vectorsPerFrame)))
            }
            return Recognition(recognizer.read(posteriors), origins: frames, model: model)
        }
    }

    private func withPosteriors<Result>(
        of recording: SensorRecording, _ body: (Posteriors) throws -> Result
    ) throws -> Result {
        let recording = try recording.arranged(as: extractor.configuration.channels)
        var frames = extractor.frames(recording.values, rate: recording.rate)
        extractor.standardize(&frames, with: model.standardization)
        var batch = Batch(dimension: extractor.configuration.dimension)
        batch.append(frames)
        let output = try model.network.forward(batch, workspace: workspace)[0]
        return try body(
            Posteriors(output.values, frames: output.frames, labels: model.network.architecture.output))
    }
}
