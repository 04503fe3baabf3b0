import DuctusDecoding

/// A model's maps from raw confidences to probabilities: for each decoding and each extent of a reading, whose raw confidences mean different
/// things.
public struct Calibrations: Sendable, Equatable, Codable {
    /// How much a reading holds. A symbol that stands by itself has nothing beside it that tells its size or its place in a word, so the same raw
    /// confidence means less.
    public enum Extent: String, Sendable, CaseIterable {
        case symbol = "one symbol"
        case word = "one word"
        case line = "a line"

        /// The extent of a reading of so many symbols, among which words are separated or not.
        public init(symbols: Int, hasSeparator: Bool) {
            self = symbols == 1 ? .symbol : hasSeparator ? .line : .word
        }
    }

    /// Symbols that an extent needs for a map of its own.
    private static let fewest = 400

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

    /// The map for a decoding's readings of any extent; nil leaves its confidences raw.
    public subscript(decoding: Recognizer.Decoding) -> Calibration? {
        get { maps[decoding.rawValue] }
        set { maps[decoding.rawValue] = newValue }
    }

    /// The map for a decoding's readings of one extent: the map for any extent where there is none.
    subscript(decoding: Recognizer.Decoding, extent: Extent) -> Calibration? {
        maps[Self.name(decoding, extent)] ?? self[decoding]
    }

    private static func name(_ decoding: Recognizer.Decoding, _ extent: Extent) -> String {
        decoding.rawValue + ", " + extent.rawValue
    }

    /// Fits the maps of a decoding to what was read raw: one for readings of any extent, and one for each extent of which there is enough.
    public mutating func fit(_ decoding: Recognizer.Decoding, to evaluation: Evaluation) {
        guard !evaluation.confidences.isEmpty else { return }
        self[decoding] = .fit(confidences: evaluation.confidences, correct: evaluation.isCorrect)
        for extent in Extent.allCases {
            let places = evaluation.extents.indices.filter { evaluation.extents[$0] == extent }
            guard places.count >= Self.fewest else { continue }
            maps[Self.name(decoding, extent)] = .fit(
                confidences: places.map { evaluation.confidences[$0] }, correct: places.map { evaluation.isCorrect[$0] }
            )
        }
    }
}

extension Model {
    /// A reading by this model with its confidences as probabilities.
    public func calibrated(_ hypothesis: Hypothesis, from decoding: Recognizer.Decoding) -> Hypothesis {
        let extent = Calibrations.Extent(
            symbols: hypothesis.symbols.count,
            hasSeparator: hypothesis.symbols.contains { $0.label == separator })
        return calibration[decoding, extent]?.apply(to: hypothesis) ?? hypothesis
    }
}
