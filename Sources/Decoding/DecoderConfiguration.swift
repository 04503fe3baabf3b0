/// How a prefix beam search weighs and prunes. Stored with a model, so that every use of it reads alike.
public struct DecoderConfiguration: Sendable, Equatable, Codable {
    /// Hypotheses kept after each frame.
    public var beamWidth = 16
    /// Labels whose log posterior is below this are not expanded in that frame.
    public var labelThreshold: Float = -7
    /// Frames whose blank is more probable than this are taken as pure blanks.
    public var blankThreshold: Float = 0.9995
    /// Weight of the language model's log probability (used where there is one).
    public var languageWeight: Float = 0.5
    /// Added to the score for every symbol, against the language model's love of short texts (used where there is one).
    public var symbolBonus: Float = 0.5
    /// Added to the score for a word of the lexicon, on top of that word's own weight (used where there is a lexicon).
    public var wordBonus: Float = 0.5
    /// Subtracted from the score for a word outside the lexicon, which stays possible (used where there is a lexicon).
    public var unknownWordPenalty: Float = 0

    public init() {}

    /// Takes missing keys from the defaults, so that older files stay readable.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        beamWidth = try values.decodeIfPresent(Int.self, forKey: .beamWidth) ?? beamWidth
        labelThreshold = try values.decodeIfPresent(Float.self, forKey: .labelThreshold) ?? labelThreshold
        blankThreshold = try values.decodeIfPresent(Float.self, forKey: .blankThreshold) ?? blankThreshold
        languageWeight = try values.decodeIfPresent(Float.self, forKey: .languageWeight) ?? languageWeight
        symbolBonus = try values.decodeIfPresent(Float.self, forKey: .symbolBonus) ?? symbolBonus
        wordBonus = try values.decodeIfPresent(Float.self, forKey: .wordBonus) ?? wordBonus
        unknownWordPenalty = try values.decodeIfPresent(Float.self, forKey: .unknownWordPenalty) ?? unknownWordPenalty
    }
}
