import DuctusDecoding
import DuctusInk
import DuctusNetwork

/// The input of a sequence-to-sequence model, and the way in which it becomes the network's frames.
public enum SequenceSource: Sendable, Equatable {
    /// Text in these symbols: a frame is a symbol's class.
    case text(Alphabet)
    /// Strokes of a pen, and what brings their features to mean 0 and deviation 1.
    case ink(FeatureConfiguration, Standardization)

    /// Numbers per frame.
    public var dimension: Int {
        switch self {
        case .text: 1
        case .ink(let configuration, _): configuration.dimension
        }
    }

    /// The frames of a text.
    ///
    /// - Throws: `Alphabet.Fault` where it has symbols that were not in the training; `ModelError.wrongInput` where ink is read.
    public func frames(of text: String, model: String) throws -> [Float] {
        guard case .text(let alphabet) = self else { throw ModelError.wrongInput(model: model, expected: "ink") }
        return try alphabet.encode(text).map(Float.init)
    }

    /// The frames of a line of ink.
    ///
    /// - Throws: `ModelError.wrongInput` where text is read.
    public func frames(of strokes: [Stroke], model: String) throws -> [Float] {
        guard case .ink(let configuration, let standardization) = self else {
            throw ModelError.wrongInput(model: model, expected: "text")
        }
        var features = FeatureExtractor.features(of: SteepLine.levelled(strokes) ?? strokes, configuration)
        standardization.apply(to: &features.values)
        return features.values
    }
}
