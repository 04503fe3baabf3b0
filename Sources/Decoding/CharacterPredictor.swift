import DuctusRandomness
import Foundation

/// A language model of any kind at a place in a line: it tells what comes next, and moves on.
public protocol CharacterPredictor {
    /// The characters that it can predict, in the order of their numbers, 1 and up.
    var symbols: [String] { get }
    /// The natural log probability of each symbol here, the line's end first.
    mutating func logProbabilities() -> [Double]
    /// Moves past a symbol; past the boundary to the beginning of another line.
    mutating func append(_ symbol: LanguageSymbol)
}

/// An n-gram model at a place in a line.
public struct NGramPredictor: CharacterPredictor {
    private let model: LanguageModel
    private var state: NGramTrie.State

    /// A predictor at the start of a text.
    public init(_ model: LanguageModel) {
        self.model = model
        state = model.state(after: "")
    }

    public var symbols: [String] { model.symbols }

    public func logProbabilities() -> [Double] {
        (0...model.symbols.count).map { Double(model.trie.logProbability(state, LanguageSymbol($0))) }
    }

    public mutating func append(_ symbol: LanguageSymbol) {
        state = symbol == .boundary ? model.state(after: "") : model.trie.next(state, symbol)
    }
}

/// Draws text from a language model.
public struct TextSampler {
    /// Below one it prefers what is likely, above one it makes bold guesses.
    public var temperature = 1.0
    /// Draws among the likeliest symbols that together have this share of the probability (nucleus sampling, Holtzman et al. 2020).
    public var nucleus = 1.0

    /// A sampler with a temperature above 0 and a nucleus above 0, up to 1. The default values draw from the model as
    /// it is.
    public init(temperature: Double = 1, nucleus: Double = 1) {
        self.temperature = temperature
        self.nucleus = nucleus
    }

    /// Draws `length` symbols after `prompt`, line ends as "\n", and hands over each as it is drawn.
    ///
    /// - Throws: `Alphabet.Fault.unknownSymbol` for a prompt that the model cannot read.
    public func draw(
        _ length: Int, from predictor: inout some CharacterPredictor, prompt: String = "",
        using generator: inout SplitMix64, onSymbol: (String) -> Void
    ) throws {
        let symbols = predictor.symbols
        for label in try Alphabet(symbols: symbols).encode(prompt) { predictor.append(LanguageSymbol(label)) }
        for _ in 0..<length {
            let symbol = choose(predictor.logProbabilities(), using: &generator)
            onSymbol(symbol == .boundary ? "\n" : symbols[Int(symbol) - 1])
            predictor.append(symbol)
        }
    }

    /// Draws one symbol.
    func choose(_ logProbabilities: [Double], using generator: inout SplitMix64) -> LanguageSymbol {
        // The likeliest has weight one, so that a low temperature does not make all of them nothing.
        let best = temperature == 1 ? 0 : logProbabilities.max() ?? 0
        var weights = logProbabilities.map { exp(temperature == 1 ? $0 : ($0 - best) / max(temperature, 1e-6)) }
        if nucleus < 1 { keepNucleus(of: &weights) }
        var left = Double(generator.uniform()) * weights.reduce(0, +)
        for (symbol, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return LanguageSymbol(symbol) }
        }
        return LanguageSymbol(weights.indices.max { weights[$0] < weights[$1] } ?? 0)
    }

    private func keepNucleus(of weights: inout [Double]) {
        let total = weights.reduce(0, +)
        let ranked = weights.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
        var sum = 0.0
        for symbol in ranked {
            if sum >= nucleus * total { weights[symbol] = 0 } else { sum += weights[symbol] }
        }
    }
}

extension LanguageModel {
    /// Text drawn from the model, `length` characters of it, line ends written as "\n".
    public func sample(length: Int, using generator: inout SplitMix64) -> String {
        var predictor = NGramPredictor(self)
        var text = ""
        for _ in 0..<length {
            let symbol = TextSampler().choose(predictor.logProbabilities(), using: &generator)
            text += symbol == .boundary ? "\n" : symbols[Int(symbol) - 1]
            predictor.append(symbol)
        }
        return text
    }
}
