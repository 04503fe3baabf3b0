import DuctusDecoding
import DuctusFoundations
import DuctusNetwork
import Foundation

/// Everything that decides what training of a recurrent language model gives, apart from the text.
///
/// Every key may be left out and then has the value of `LanguageModelRecipe()`.
public struct LanguageModelRecipe: Sendable, Equatable, Codable {
    /// The characters that it predicts.
    public var alphabet = Alphabet.printableASCII
    /// Width of each recurrent layer.
    public var hidden = 512
    /// Recurrent layers.
    public var layers = 1
    /// Share of the recurrent layers' outputs that training sets to zero.
    public var dropout: Float = 0
    /// Pieces of text that a step reads side by side.
    public var streams = 32
    /// Characters of each piece: gradients go back so far (truncated backpropagation through time, Williams & Peng 1990).
    public var truncation = 64
    /// Characters to learn from, all steps together.
    public var characters = 48_000_000
    /// The highest learning rate of Adam.
    public var learningRate: Float = 2e-3
    /// Decay of the mean of the squared gradient, per step.
    public var beta2: Float = 0.99
    /// Share of a weight, times the learning rate, that it loses in a step.
    public var weightDecay: Float = 0
    /// Steps in which the learning rate rises to its highest.
    public var warmUpSteps = 200
    /// The last share of the run, in which the learning rate falls linearly; it is constant before.
    public var decayShare: Float = 0.3
    /// The learning rate at the end, as a share of the highest.
    public var finalRate: Float = 0.02
    /// Bound of the gradient's norm: longer ones are shortened to it.
    public var gradientNorm: Float = 1
    /// The decay of the weights' moving average, per step. The average is evaluated and kept.
    public var averageDecay: Float = 0.998
    /// Steps between checkpoints. The streams begin anew there, so that a resumed run gives what an uninterrupted one gives.
    public var stepsPerLeg = 200
    /// Seed of weights, order and dropout.
    public var seed: UInt64 = 1

    /// The built-in recipe.
    public init() {}

    /// Decodes a recipe. Keys that are missing keep their default values.
    ///
    /// - Throws: `DecodingError` for a number out of range.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        alphabet = try values.decodeIfPresent(Alphabet.self, forKey: .alphabet) ?? alphabet
        try values.read(.hidden, into: &hidden, allowed: 1...2048)
        try values.read(.layers, into: &layers, allowed: 1...8)
        try values.read(.dropout, into: &dropout, allowed: 0...0.9)
        try values.read(.streams, into: &streams, allowed: 1...4096)
        try values.read(.truncation, into: &truncation, allowed: 1...4096)
        try values.read(.characters, into: &characters, allowed: 1...1_000_000_000_000)
        try values.read(.learningRate, into: &learningRate, allowed: 0...10)
        try values.read(.beta2, into: &beta2, allowed: 0...0.999_999)
        try values.read(.weightDecay, into: &weightDecay, allowed: 0...10)
        try values.read(.warmUpSteps, into: &warmUpSteps, allowed: 0...100_000_000)
        try values.read(.decayShare, into: &decayShare, allowed: 0...1)
        try values.read(.finalRate, into: &finalRate, allowed: 0...1)
        try values.read(.gradientNorm, into: &gradientNorm, allowed: 0...1e6)
        try values.read(.averageDecay, into: &averageDecay, allowed: 0...1)
        try values.read(.stepsPerLeg, into: &stepsPerLeg, allowed: 1...1_000_000)
        seed = try values.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
    }

    /// Reads a recipe file.
    ///
    /// - Throws: `TrainingError.badRecipe`, which names the file and the key.
    public init(contentsOf url: URL) throws {
        do {
            self = try JSONDecoder().decode(LanguageModelRecipe.self, from: Data(contentsOf: url))
        } catch {
            throw TrainingError.badRecipe(path: url.path, reason: "\(error)")
        }
    }

    /// The network: recurrent layers over one-hot characters, and a linear layer.
    public var architecture: Architecture {
        let classes = alphabet.symbols.count + 1
        var architecture = Architecture(input: classes, layers: [])
        for layer in 0..<layers {
            architecture.layers.append(
                .recurrent(
                    .init(
                        cell: .lstm, in: layer == 0 ? classes : hidden, hidden: hidden, bidirectional: false,
                        dropout: dropout)))
        }
        architecture.layers.append(.linear(.init(in: hidden, out: classes)))
        architecture.layers.append(.logSoftmax)
        return architecture
    }

    /// Steps of the whole run.
    public var steps: Int { max(1, characters / (streams * truncation)) }

    /// The learning rate of a step, the first being 0: up, level, down to the end.
    public func rate(at step: Int) -> Float {
        if step < warmUpSteps { return learningRate * Float(step + 1) / Float(warmUpSteps) }
        let falling = max(1, Float(steps) * decayShare)
        let left = min(1, Float(max(0, steps - step)) / falling)
        return learningRate * (finalRate + (1 - finalRate) * left)
    }
}
