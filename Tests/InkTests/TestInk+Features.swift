import DuctusInk
import InkTestSupport

extension TestInk {
    /// Samples of all strokes with their ends, as a stream gives them.
    static func features(
        incrementally strokes: [Stroke], _ configuration: FeatureConfiguration, _ normalization: SegmentNormalization
    ) -> Features {
        var extractor = IncrementalFeatureExtractor(configuration, normalization: normalization)
        var features = Features(dimension: configuration.dimension)
        for stroke in strokes {
            for sample in stroke.samples { extractor.append(sample, into: &features) }
            extractor.penUp(into: &features)
        }
        return features
    }
}
