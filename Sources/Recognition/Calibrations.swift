import DuctusDecoding

/// A model's maps from raw confidences to probabilities: one for each decoding, whose raw confidences mean different things.
public struct Calibrations: Sendable, Equatable, Codable {
    private enum CodingKeys: String, CodingKey {
        case bestPath = "best-path"
        case beam
    }

    private var bestPath: Calibration?
    private var beam: Calibration?

    /// Leaves confidences raw.
    public init() {}

    /// The map for a decoding; nil leaves its confidences raw.
    public subscript(decoding: Recognizer.Decoding) -> Calibration? {
        get {
            switch decoding {
            case .bestPath: bestPath
            case .beam: beam
            }
        }
        set {
            switch decoding {
            case .bestPath: bestPath = newValue
            case .beam: beam = newValue
            }
        }
    }

    /// A reading with its confidences as probabilities.
    public func apply(to hypothesis: Hypothesis, from decoding: Recognizer.Decoding) -> Hypothesis {
        self[decoding]?.apply(to: hypothesis) ?? hypothesis
    }
}
