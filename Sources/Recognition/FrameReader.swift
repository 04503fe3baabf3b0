import DuctusDecoding
import DuctusInk
import DuctusNetwork

/// The way from what was recorded to what the network says of it: features, standardized, batched, read.
///
/// Everybody who reads whole segments goes it: recognizers, the daemon's finals, the check and the gate of corrections.
/// Keeps its memory from call to call, also over generations of a model; used by one thread at a time.
public final class FrameReader {
    private let workspace = Workspace()
    private var extractor: FrameExtractor?
    private var batch = Batch(dimension: 1)

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
            extractor = FrameExtractor(model.input)
            batch = Batch(dimension: model.input.dimension)
        }
        batch.removeAll()
        var origins: [[FrameOrigin]] = []
        for evidence in evidence {
            guard let features = try extractor?.features(of: evidence, for: model) else { continue }
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

/// Whole segments as standardized frames, whatever they were recorded with.
private struct FrameExtractor {
    let input: ModelInput
    private var ink: FeatureExtractor?
    private var vectors: VectorExtractor?
    private var buffer: Features

    init(_ input: ModelInput) {
        self.input = input
        buffer = Features(dimension: input.dimension)
        switch input {
        case .ink(let configuration): ink = FeatureExtractor(configuration)
        case .vectors(let configuration): vectors = VectorExtractor(configuration)
        }
    }

    mutating func features(of evidence: Evidence, for model: Model) throws -> Features {
        switch evidence {
        case .ink(let strokes):
            guard ink?.extract(SteepLine.levelled(strokes) ?? strokes, into: &buffer) != nil else {
                throw ModelError.wrongInput(model: model.name, expected: "sensor vectors")
            }
            model.standardization.apply(to: &buffer.values)
        case .vectors(let recorded):
            guard let vectors else { throw ModelError.wrongInput(model: model.name, expected: "ink") }
            try vectors.extract(recorded.arranged(for: vectors.configuration), into: &buffer)
            vectors.standardize(&buffer.values, with: model.standardization)
        }
        return buffer
    }
}
