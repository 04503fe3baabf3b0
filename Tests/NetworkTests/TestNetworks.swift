import DuctusNetwork
import DuctusRandomness

/// Small networks and random ink for tests.
enum TestNetworks {
    /// Every kind of layer: two convolutions, one of them strided, bidirectional layers with a residual, a readout.
    static func stack(
        cell: Cell = .lstm, bidirectional: Bool = true, dropout: Float = 0, labels: Int = 6
    ) -> Architecture {
        let hidden = bidirectional ? 7 : 14
        return Architecture(
            input: 3,
            layers: [
                .convolution1D(Convolution1D(in: 3, out: 8, kernel: 5, padding: 2, activation: .silu)),
                .convolution1D(
                    Convolution1D(in: 8, out: 10, kernel: 4, stride: 2, padding: 1, activation: .tanh, dropout: dropout)
                ),
                .recurrent(
                    Recurrent(cell: cell, in: 10, hidden: hidden, bidirectional: bidirectional, dropout: dropout)),
                .recurrent(
                    Recurrent(
                        cell: cell, in: 14, hidden: hidden, bidirectional: bidirectional, residual: true,
                        dropout: dropout)),
                .linear(Linear(in: 14, out: labels)),
                .logSoftmax,
            ])
    }

    static func frames(_ count: Int, dimension: Int, seed: UInt64) -> [Float] {
        var generator = SplitMix64(seed: seed)
        return (0..<count * dimension).map { _ in generator.normal() }
    }

    static func batch(_ lengths: [Int], dimension: Int, seed: UInt64 = 11) -> Batch {
        var batch = Batch(dimension: dimension)
        for (index, length) in lengths.enumerated() {
            batch.append(frames(length, dimension: dimension, seed: seed &+ UInt64(index)))
        }
        return batch
    }
}

extension Network {
    /// The output for one sequence by itself.
    func posteriors(_ frames: [Float]) throws -> [Float] {
        var batch = Batch(dimension: architecture.input)
        batch.append(frames)
        let output = try forward(batch, workspace: Workspace())
        return withExtendedLifetime(output) { Array(output.values) }
    }
}
