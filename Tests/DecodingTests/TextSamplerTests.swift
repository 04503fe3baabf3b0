import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

@Suite struct TextSamplerTests {
    /// Four symbols, the boundary among them, always equally likely to be drawn.
    private struct Fixed: CharacterPredictor {
        var probabilities: [Double]
        let symbols = ["a", "b", "c"]
        var taken: [LanguageSymbol] = []

        func logProbabilities() -> [Double] { probabilities.map { log($0) } }
        mutating func append(_ symbol: LanguageSymbol) { taken.append(symbol) }
    }

    private func drawn(_ sampler: TextSampler, _ probabilities: [Double], count: Int = 4000) throws -> [Double] {
        var predictor = Fixed(probabilities: probabilities)
        var generator = SplitMix64(seed: 5)
        try sampler.draw(count, from: &predictor, using: &generator) { _ in }
        return (0..<4).map { symbol in
            Double(predictor.taken.count { Int($0) == symbol }) / Double(count)
        }
    }

    @Test func symbolsAreDrawnAsOftenAsTheyAreLikely() throws {
        let shares = try drawn(TextSampler(), [0.1, 0.2, 0.3, 0.4])
        for (share, expected) in zip(shares, [0.1, 0.2, 0.3, 0.4]) { #expect(abs(share - expected) < 0.03) }
    }

    @Test func aNucleusLeavesOutTheUnlikely() throws {
        let shares = try drawn(TextSampler(nucleus: 0.65), [0.1, 0.2, 0.3, 0.4])
        #expect(shares[0] == 0 && shares[1] == 0)
        #expect(abs(shares[3] - 4.0 / 7) < 0.03)
    }

    @Test func temperatureSharpensAndFlattens() throws {
        #expect(try drawn(TextSampler(temperature: 0.001), [0.1, 0.2, 0.3, 0.4]) == [0, 0, 0, 1])
        let flat = try drawn(TextSampler(temperature: 100), [0.1, 0.2, 0.3, 0.4])
        #expect(flat.allSatisfy { abs($0 - 0.25) < 0.04 })
    }

    @Test func aPromptIsReadFirstAndAnUnknownOneIsRefused() throws {
        var predictor = Fixed(probabilities: [0, 0, 0, 1])
        var generator = SplitMix64(seed: 1)
        var text = ""
        try TextSampler().draw(2, from: &predictor, prompt: "ba", using: &generator) { text += $0 }
        #expect(predictor.taken == [2, 1, 3, 3] && text == "cc")
        #expect(throws: Alphabet.Fault.self) {
            try TextSampler().draw(1, from: &predictor, prompt: "x", using: &generator) { _ in }
        }
    }
}
