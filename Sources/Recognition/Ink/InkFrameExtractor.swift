import DuctusInk

/// Frames of ink: steep lines are levelled first.
struct InkFrameExtractor: FrameExtractor {
    private var extractor: FeatureExtractor
    private var buffer: Features

    init(_ configuration: FeatureConfiguration) {
        extractor = FeatureExtractor(configuration)
        buffer = Features(dimension: configuration.dimension)
    }

    mutating func features(of evidence: Evidence, for model: Model) throws -> Features {
        guard case .ink(let strokes) = evidence else {
            throw ModelError.wrongInput(model: model.name, expected: "ink")
        }
        _ = extractor.extract(SteepLine.levelled(strokes) ?? strokes, into: &buffer)
        model.standardization.apply(to: &buffer.values)
        return buffer
    }
}
