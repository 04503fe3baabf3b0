import Foundation

/// What a label is worth after a prefix, besides its posterior: language model, bonus and lexicon as one factor.
final class BeamWeights {
    /// No label's factor is larger.
    let largestFactor: Double

    private let configuration: DecoderConfiguration
    private let languageModel: LanguageModel?
    private let lexicon: Lexicon?
    private let trie: NGramTrie?
    /// Per class of the alphabet: the language model's symbol.
    private let languageSymbols: UnsafeMutablePointer<UInt8>
    /// The codes of the language model as `e^(weight * code)`: 256 for probabilities (the bonus within), 256 for back-off weights.
    private let factors: UnsafeMutablePointer<Double>
    private let missingFactor: Double

    init(
        alphabet: Alphabet, configuration: DecoderConfiguration, languageModel: LanguageModel?, lexicon: Lexicon?
    ) {
        self.configuration = configuration
        self.languageModel = languageModel
        self.lexicon = lexicon
        trie = languageModel?.trie
        languageSymbols = .allocate(capacity: alphabet.classCount)
        languageSymbols.initialize(repeating: NGramTrie.missing, count: alphabet.classCount)
        factors = .allocate(capacity: 512)
        factors.initialize(repeating: 1, count: 512)
        let weight = Double(configuration.languageWeight)
        let bonus = Double(configuration.symbolBonus)
        var largest = 1.0
        if let languageModel {
            for (index, symbol) in alphabet.symbols.enumerated() {
                languageSymbols[index + 1] = languageModel.symbol(of: symbol) ?? NGramTrie.missing
            }
            for code in 0..<256 {
                factors[code] = exp(weight * Double(languageModel.trie.probabilityCodes[code]) + bonus)
                factors[256 + code] = exp(weight * Double(languageModel.trie.backoffCodes[code]))
            }
            largest = exp(bonus)
        }
        missingFactor = exp(weight * Double(NGramTrie.missingLogProbability) + bonus)
        if let lexicon {
            let best = configuration.wordBonus + max(0, lexicon.largestWeight)
            largest *= exp(Double(max(0, best, -configuration.unknownWordPenalty)))
        }
        largestFactor = largest
    }

    deinit {
        languageSymbols.deallocate()
        factors.deallocate()
    }

    /// The factor of `label` after the prefix of `entry`.
    @inline(__always)
    func factor(after entry: BeamEntry, _ label: Int32) -> Double {
        var factor = 1.0
        if let trie {
            factor = trie.factor(
                entry.languageState, languageSymbols[Int(label)], probabilityFactors: UnsafePointer(factors),
                backoffFactors: UnsafePointer(factors + 256), missingFactor: missingFactor)
        }
        if let lexicon, !lexicon.isWord(label) {
            factor *= exp(Double(lexicon.scoreOfEnd(at: entry.lexiconState, configuration)))
        }
        return factor
    }

    @inline(__always)
    func languageState(after entry: BeamEntry, _ label: Int32) -> NGramTrie.State {
        guard let trie else { return 0 }
        return trie.next(entry.languageState, languageSymbols[Int(label)])
    }

    @inline(__always)
    func lexiconState(after entry: BeamEntry, _ label: Int32) -> Lexicon.State {
        guard let lexicon else { return Lexicon.start }
        return lexicon.isWord(label) ? lexicon.next(entry.lexiconState, label) : Lexicon.start
    }

    /// What is added to the score of `entry` if the line ends there.
    func logWeightOfEnd(after entry: BeamEntry) -> Double {
        var score = 0.0
        if let trie {
            score += Double(configuration.languageWeight * trie.logProbability(entry.languageState, NGramTrie.boundary))
        }
        if let lexicon { score += Double(lexicon.scoreOfEnd(at: entry.lexiconState, configuration)) }
        return score
    }

    /// The language model's context after `text`; that of a line's beginning where there is none.
    func languageState(after text: String) -> NGramTrie.State {
        languageModel?.state(after: text) ?? 0
    }
}
