import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation

/// A network that has learned nothing, small enough for tests, around which everything of a model is real.
func tinyModel(symbols: [String] = ["a", "b", " "], seed: UInt64 = 1) throws -> Model {
    let configuration = FeatureConfiguration()
    let architecture = Architecture(
        input: configuration.dimension,
        layers: [
            .convolution1D(
                .init(in: configuration.dimension, out: 6, kernel: 4, stride: 2, padding: 1, activation: .silu)),
            .recurrent(.init(cell: .lstm, in: 6, hidden: 5)),
            .linear(.init(in: 10, out: symbols.count + 1)),
            .logSoftmax,
        ])
    // Large random weights: a fresh network would say nearly the same everywhere.
    var random = SplitMix64(seed: seed)
    let parameters = (0..<architecture.parameterCount).map { _ in random.normal(deviation: 1.2) }
    return Model(
        name: "tiny", network: try Network(architecture: architecture, parameters: parameters),
        input: .ink(configuration), alphabet: try Alphabet(symbols: symbols),
        standardization: .identity(configuration.dimension))
}

/// Wavy strokes, reproducible.
func scribble(strokes: Int, seed: UInt64) -> [Stroke] {
    var random = SplitMix64(seed: seed)
    var x: Float = 0
    return (0..<strokes).map { _ in
        x += 15
        return Stroke(
            (0..<40).map { index in
                x += 1.5
                return Sample(
                    x: x + random.normal(), y: 20 * sin(Float(index) / 4) + random.normal(), time: Int64(index) * 8_000)
            })
    }
}
