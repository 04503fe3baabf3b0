import DuctusDecoding
import DuctusInk
import DuctusNetwork

/// Runs a network on recorded input: it extracts features, standardizes them, puts them into a batch, and reads the
/// batch.
///
/// All readers of whole segments use it: recognizers, the daemon's finals, the check and the gate of corrections. It
/// keeps its memory from call to call, also over generations of a model. One thread at a time may use it.
public final class FrameReader {
    private let workspace = Workspace()
    private var extractor: (input: ModelInput, frames: any FrameExtractor)?
    private var batch = Batch(dimension: 1)

    /// A reader without memory yet; it grows at the first calls.
    public init() {}

    /// A segment as the network sees it.
    public struct Reading {
        /// Of the network's output frames; a view that ends with the call. Empty where there is nothing to read.
        public var posteriors: Posteriors
        /// Where each of the network's input frames comes from.
        public var origins: [FrameOrigin]
    }

    /// Reads segments, all of them in one pass of the network.
    ///
    /// - Parameter body: called with each segment's index and reading, in order.
    /// - Throws: `ModelError.wrongInput` for evidence of another kind than the model reads, `SensorFileError` for vectors that lack a
    ///   channel or come at a rate that it cannot use.
    public func read<Value>(
        _ evidence: [Evidence], with model: Model, _ body: (Int, Reading) throws -> Value
    ) throws -> [Value] {
        if extractor?.input != model.input {
            extractor = (model.input, model.input.makeExtractor())
            batch = Batch(dimension: model.input.dimension)
        }
        batch.removeAll()
        var origins: [[FrameOrigin]] = []
        for evidence in evidence {
            guard let features = try extractor?.frames.features(of: evidence, for: model) else { continue }
            if features.count > 0 { batch.append(features.values) }
            origins.append(features.origins)
        }
        let labels = model.network.architecture.output
        let output = batch.count > 0 ? try model.network.forward(batch, workspace: workspace) : nil
        var next = 0
        return try origins.enumerated().map { index, origins in
            guard !origins.isEmpty, let sequence = output?[next] else {
                return try Posteriors.withView(of: [], labels: labels) {
                    try body(index, Reading(posteriors: $0, origins: []))
                }
            }
            next += 1
            let posteriors = Posteriors(sequence.values, frames: sequence.frames, labels: labels)
            return try body(index, Reading(posteriors: posteriors, origins: origins))
        }
    }
}

/// Turns whole segments of one kind of input into the frames of a model, standardized.
protocol FrameExtractor {
    /// The frames of a segment, and where each comes from.
    ///
    /// - Throws: `ModelError.wrongInput` for evidence of another kind, `SensorFileError` for vectors that cannot be used.
    mutating func features(of evidence: Evidence, for model: Model) throws -> Features
}
