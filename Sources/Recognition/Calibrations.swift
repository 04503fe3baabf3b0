import DuctusDecoding

/// A model's maps from raw confidences to probabilities: one for each decoding, whose raw confidences mean different things.
public struct Calibrations: Sendable, Equatable, Codable {
    private var maps: [String: Calibration] = [:]

    /// Leaves confidences raw.
    public init() {}

    /// Decodes a map for each name.
    public init(from decoder: any Decoder) throws {
        maps = try [String: Calibration](from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try maps.encode(to: encoder)
    }

    /// The map for a decoding; nil leaves its confidences raw.
    public subscript(decoding: Recognizer.Decoding) -> Calibration? {
        get { maps[decoding.rawValue] }
        set { maps[decoding.rawValue] = newValue }
    }

    /// A reading with its confidences as probabilities.
    public func apply(to hypothesis: Hypothesis, from decoding: Recognizer.Decoding) -> Hypothesis {
        self[decoding]?.apply(to: hypothesis) ?? hypothesis
    }
}
