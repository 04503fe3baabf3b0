import Foundation

/// Scores words: a known word by a bonus and its own weight, an unknown one by a penalty.
///
/// Bonus and penalty are added where a word ends. A word's own weight is added label by label on the way there, and
/// taken back where the text turns out to be another word (the failure arcs of shallow-fusion biasing; Zhao et al.
/// 2019).
///
/// A word of `personal`, the few that one writer uses, counts as known beside those of `lexicon`; where both have it,
/// the larger weight counts. Without a `lexicon`, no word is unknown. Numbers and words in capitals, which no list can
/// hold, get no penalty.
public final class LexiconScorer: Scorer {
    /// The position of the open word in both lists of words.
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
    /// Whether any word has a weight of its own.
    private let looksAhead: Bool

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
        let step = max(first.largestStep, personal?.largestStep ?? 0)
        looksAhead = step > 0
        // The word's own weight was added on the way, so that at its end only the bonus is new.
        largestFactor = exp(Double(max(0, wordBonus, -unknownWordPenalty, step)))
    }

    public func start(after precedingText: String) -> State {
        State(general: Lexicon.start, personal: Lexicon.start)
    }

    @inline(__always)
    public func factor(of label: Int32, after state: State) -> Double {
        guard lexicon.isWord(label) else { return exp(logFactorOfEnd(after: state)) }
        return looksAhead ? factorOnTheWay(of: label, after: state) : 1
    }

    /// The score that a label of a word adds, or the earlier score that it takes back.
    private func factorOnTheWay(of label: Int32, after state: State) -> Double {
        let before = advance(at: state)
        let general = lexicon.next(state.general, label)
        let own = personal?.next(state.personal, label) ?? Lexicon.outside
        let after = max(lexicon.advance(at: general), personal?.advance(at: own) ?? 0)
        return after == before ? 1 : exp(Double(after - before))
    }

    @inline(__always)
    private func advance(at state: State) -> Float {
        max(lexicon.advance(at: state.general), personal?.advance(at: state.personal) ?? 0)
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
        return logFactorOfWord(after: state) - (looksAhead ? Double(advance(at: state)) : 0)
    }

    private func logFactorOfWord(after state: State) -> Double {
        let weights = (lexicon.weight(at: state.general), personal?.weight(at: state.personal))
        switch weights {
        case (nil, nil): return state.isBeyondLists ? 0 : Double(-unknownWordPenalty)
        case (let one?, nil): return Double(wordBonus + one)
        case (nil, let other?): return Double(wordBonus + other)
        case (let one?, let other?): return Double(wordBonus + max(one, other))
        }
    }
}
