import Foundation

/// Weighs words where they end: known ones by a bonus and their own weight, others by a penalty.
///
/// A word of `personal`, the few that one writer uses, counts as known beside those of `lexicon`; where both have it, the larger weight
/// counts. Where there is no `lexicon`, no word is unknown. What no list can have is not punished: numbers, and words all in capitals.
public final class LexiconScorer: Scorer {
    /// Where the open word stands in either list of words.
    public struct State: BitwiseCopyable, Sendable {
        var general: Lexicon.State
        var personal: Lexicon.State
        /// Symbols of the open word, up to two.
        var count: UInt8 = 0
        /// Whether a small letter, or a digit, is among them.
        var hasSmallLetter = false
        var hasDigit = false

        var isBeyondLists: Bool { hasDigit || count > 1 && !hasSmallLetter }
    }

    public let largestFactor: Double
    private let lexicon: Lexicon
    private let personal: Lexicon?
    private let wordBonus: Float
    private let unknownWordPenalty: Float

    /// No scorer where there is neither list.
    ///
    /// - Parameters:
    ///   - personal: words of one writer, for the same alphabet.
    ///   - configuration: `wordBonus` and `unknownWordPenalty` are used.
    public init?(_ lexicon: Lexicon?, personal: Lexicon? = nil, configuration: DecoderConfiguration) {
        guard let first = lexicon ?? personal else { return nil }
        self.lexicon = first
        self.personal = lexicon == nil ? nil : personal
        wordBonus = configuration.wordBonus
        unknownWordPenalty = lexicon == nil ? 0 : configuration.unknownWordPenalty
        let heaviest = max(0, first.largestWeight, personal?.largestWeight ?? 0)
        largestFactor = exp(Double(max(0, wordBonus + heaviest, -unknownWordPenalty)))
    }

    public func start(after precedingText: String) -> State {
        State(general: Lexicon.start, personal: Lexicon.start)
    }

    @inline(__always)
    public func factor(of label: Int32, after state: State) -> Double {
        lexicon.isWord(label) ? 1 : exp(logFactorOfEnd(after: state))
    }

    @inline(__always)
    public func state(after state: State, label: Int32) -> State {
        let kind = lexicon.kind(of: label)
        guard kind != .separator else { return State(general: Lexicon.start, personal: Lexicon.start) }
        return State(
            general: lexicon.next(state.general, label),
            personal: personal?.next(state.personal, label) ?? Lexicon.outside, count: min(2, state.count + 1),
            hasSmallLetter: state.hasSmallLetter || kind == .letter, hasDigit: state.hasDigit || kind == .digit)
    }

    public func logFactorOfEnd(after state: State) -> Double {
        if state.general == Lexicon.start { return 0 }
        let weights = (lexicon.weight(at: state.general), personal?.weight(at: state.personal))
        switch weights {
        case (nil, nil): return state.isBeyondLists ? 0 : Double(-unknownWordPenalty)
        case (let one?, nil): return Double(wordBonus + one)
        case (nil, let other?): return Double(wordBonus + other)
        case (let one?, let other?): return Double(wordBonus + max(one, other))
        }
    }
}
