import Foundation

/// Weighs each label by a character n-gram model: probability to the power of a weight, times a bonus per symbol.
public final class NGramScorer: Scorer, @unchecked Sendable {
    // Sendable: the tables are written before `init` returns and only read afterwards; the trie's live as long as the model.

    /// A context of the model.
    public struct State: BitwiseCopyable, Sendable {
        var context: NGramTrie.State
    }

    public let largestFactor: Double
    private let languageModel: LanguageModel
    private let trie: NGramTrie
    private let languageWeight: Float
    /// Per class of the alphabet: the language model's symbol.
    private let symbols: UnsafeMutablePointer<LanguageSymbol>
    /// The codes of the language model as `e^(weight * code)`: 256 for probabilities (the bonus within), 256 for back-off weights.
    private let factors: UnsafeMutablePointer<Double>
    private let missingFactor: Double

    /// - Parameter configuration: `languageWeight` and `symbolBonus` are used.
    public init(_ languageModel: LanguageModel, alphabet: Alphabet, configuration: DecoderConfiguration) {
        self.languageModel = languageModel
        trie = languageModel.trie
        languageWeight = configuration.languageWeight
        symbols = .allocate(capacity: alphabet.classCount)
        symbols.initialize(repeating: .missing, count: alphabet.classCount)
        factors = .allocate(capacity: 512)
        factors.initialize(repeating: 1, count: 512)
        let weight = Double(configuration.languageWeight)
        let bonus = Double(configuration.symbolBonus)
        for (index, symbol) in alphabet.symbols.enumerated() {
            symbols[index + 1] = languageModel.symbol(of: symbol) ?? .missing
        }
        for code in 0..<256 {
            factors[code] = exp(weight * Double(languageModel.trie.probabilityCodes[code]) + bonus)
            factors[256 + code] = exp(weight * Double(languageModel.trie.backoffCodes[code]))
        }
        missingFactor = exp(weight * Double(NGramTrie.missingLogProbability) + bonus)
        largestFactor = exp(bonus)
    }

    deinit {
        symbols.deallocate()
        factors.deallocate()
    }

    public func start(after precedingText: String) -> State {
        State(context: languageModel.state(after: precedingText))
    }

    @inline(__always)
    public func factor(of label: Int32, after state: State) -> Double {
        trie.factor(
            state.context, symbols[Int(label)], probabilityFactors: UnsafePointer(factors),
            backoffFactors: UnsafePointer(factors + 256), missingFactor: missingFactor)
    }

    @inline(__always)
    public func state(after state: State, label: Int32) -> State {
        State(context: trie.next(state.context, symbols[Int(label)]))
    }

    public func logFactorOfEnd(after state: State) -> Double {
        Double(languageWeight * trie.logProbability(state.context, .boundary))
    }
}
