import DuctusInk

/// Frames of a sensor's vectors, whose channels are put into the model's order.
struct VectorFrameExtractor: FrameExtractor {
    private let extractor: VectorExtractor
    private var buffer: Features

    init(_ configuration: VectorConfiguration) {
        extractor = VectorExtractor(configuration)
        buffer = Features(dimension: configuration.dimension)
    }

    mutating func features(of evidence: Evidence, for model: Model) throws -> Features {
        guard case .vectors(let recorded) = evidence else {
            throw ModelError.wrongInput(model: model.name, expected: "sensor vectors")
        }
        try extractor.extract(recorded.arranged(for: extractor.configuration), into: &buffer)
        extractor.standardize(&buffer.values, with: model.standardization)
        return buffer
    }
}
