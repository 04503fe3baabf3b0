import DuctusFoundations

/// The weights and the pruning of a prefix beam search. Stored with a model, so that every use of it reads alike.
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
    /// The weights by which finished lines are ranked anew with a recurrent language model, where there is one; nil:
    /// they are not ranked anew.
    public var rescoring: Rescoring?

    /// The weights of a finished line's readings, in place of those of the search.
    public struct Rescoring: Sendable, Equatable, Codable {
        /// Weight of the n-gram model's log probability.
        public var languageWeight: Float
        /// Weight of the recurrent model's log probability.
        public var recurrentWeight: Float
        /// Added for every symbol.
        public var symbolBonus: Float

        /// The weights of a rescoring.
        public init(languageWeight: Float, recurrentWeight: Float, symbolBonus: Float) {
            self.languageWeight = languageWeight
            self.recurrentWeight = recurrentWeight
            self.symbolBonus = symbolBonus
        }

        /// Decodes the weights. Those that are missing are 0.5, 0.5 and 0, in the order of the properties.
        ///
        /// - Throws: `DecodingError` for a weight out of range.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            (languageWeight, recurrentWeight, symbolBonus) = (0.5, 0.5, 0)
            try values.read(.languageWeight, into: &languageWeight, allowed: 0...20)
            try values.read(.recurrentWeight, into: &recurrentWeight, allowed: 0...20)
            try values.read(.symbolBonus, into: &symbolBonus, allowed: -20...20)
        }
    }

    /// The default configuration.
    public init() {}

    /// The same configuration with other weights for finished lines, or none.
    public func ranking(with rescoring: Rescoring?) -> DecoderConfiguration {
        var configuration = self
        configuration.rescoring = rescoring
        return configuration
    }

    /// Takes missing keys from the defaults, so that older files stay readable.
    ///
    /// - Throws: `DecodingError`, which names the key, for a value that no search could work with.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try values.read(.beamWidth, into: &beamWidth, allowed: 1...1024)
        try values.read(.labelThreshold, into: &labelThreshold, allowed: -100...0)
        try values.read(.blankThreshold, into: &blankThreshold, allowed: 0...1)
        // Larger weights than twenty nats would read a symbol from a blank page, and products of such factors would
        // overflow.
        try values.read(.languageWeight, into: &languageWeight, allowed: 0...20)
        try values.read(.symbolBonus, into: &symbolBonus, allowed: -20...20)
        try values.read(.wordBonus, into: &wordBonus, allowed: -20...20)
        try values.read(.unknownWordPenalty, into: &unknownWordPenalty, allowed: -20...20)
        rescoring = try values.decodeIfPresent(Rescoring.self, forKey: .rescoring)
    }
}
