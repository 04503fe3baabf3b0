import DuctusFoundations

/// How a sequence-to-sequence model's output is searched for; kept in its weight file under `ductus.search`.
public struct SequenceSearch: Sendable, Equatable, Codable {
    /// Readings that are kept at each length; 1 is greedy.
    public var beamWidth = 4
    /// Readings are ranked by their log probability over `((5 + length) / 6) ^ lengthPenalty` (Wu et al. 2016): 0 favours short ones.
    public var lengthPenalty: Float = 0.6
    /// The shortest output, in symbols per frame that the encoder read; training takes it from its examples.
    public var shortest: Float = 0
    /// The longest output, in symbols per frame that the encoder read; training takes it from its examples.
    public var longest: Float = 4
    /// Share of connectionist temporal classification in the score, 0…1, where the encoder has learned it, too (Watanabe et al. 2017).
    public var connectionistShare: Float = 0

    /// The default search.
    public init() {}

    /// Decodes a search. Keys that are missing keep their default values.
    ///
    /// - Throws: `DecodingError` for a number out of range.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try values.read(.beamWidth, into: &beamWidth, allowed: 1...1024)
        try values.read(.lengthPenalty, into: &lengthPenalty, allowed: 0...4)
        try values.read(.shortest, into: &shortest, allowed: 0...1000)
        try values.read(.longest, into: &longest, allowed: 0...1000)
        try values.read(.connectionistShare, into: &connectionistShare, allowed: 0...1)
    }

    /// Numbers of symbols that an output may have, given the frames that the encoder read. A few more are always allowed.
    func lengths(frames: Int) -> ClosedRange<Int> {
        let least = Int(Float(frames) * shortest)
        return least...max(least, Int((Float(frames) * longest).rounded(.up)) + 8)
    }
}
