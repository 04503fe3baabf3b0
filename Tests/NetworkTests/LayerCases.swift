import DuctusNetwork
import Testing

/// Small networks around each kind of layer, all of three inputs and four labels.
struct LayerCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let architecture: Architecture
    /// Whether pieces of a stream give what the whole pass gives, whatever their lookahead.
    let isCausal: Bool
}

enum LayerCases {
    /// A linear layer before the one under test, so that it has something to send back to; and a readout.
    static func around(
        _ name: String, causal: Bool, width: Int = 6, _ layers: [Layer], output: Int? = nil, last: Layer = .logSoftmax
    ) -> LayerCase {
        let own = Architecture(input: width, layers: layers)
        let before = Layer.linear(Linear(in: 3, out: width))
        return LayerCase(
            testDescription: name,
            architecture: Architecture(
                input: 3, layers: [before] + layers + [.linear(Linear(in: output ?? own.output, out: 4)), last]),
            isCausal: causal)
    }

    static let chains: [LayerCase] = [
        around("layerNorm", causal: true, [.layerNorm(.init(in: 6))]),
        around("instanceNorm", causal: false, [.instanceNorm(.init(in: 6))]),
        around(
            "depthwise", causal: true,
            [.convolution1D(.init(in: 6, out: 6, kernel: 3, padding: 1, groups: 6, activation: .silu))]),
        around(
            "dilated", causal: true, [.convolution1D(.init(in: 6, out: 5, kernel: 3, padding: 4, dilation: 3))]),
        around(
            "grouped, strided", causal: true,
            [
                .convolution1D(
                    .init(in: 6, out: 4, kernel: 3, stride: 2, padding: 1, groups: 2, dilation: 2, activation: .tanh))
            ]),
        around(
            "transposed", causal: true,
            [
                .convolution1D(.init(in: 6, out: 5, kernel: 2, stride: 2)),
                .transposedConvolution1D(.init(in: 5, out: 6, kernel: 4, factor: 2, padding: 1, activation: .silu)),
            ]),
        around("indyLSTM", causal: true, [.indyLSTM(.init(in: 6, hidden: 6, bidirectional: false, residual: true))]),
        around("indyLSTM, both ways", causal: false, [.indyLSTM(.init(in: 6, hidden: 5, dropout: 0.2))]),
        around("lstmp", causal: true, [.lstmp(.init(in: 6, hidden: 7, projection: 3, bidirectional: false))]),
        around(
            "lstmp with a skip", causal: true,
            [.lstmp(.init(in: 6, hidden: 5, projection: 3, skip: 3, bidirectional: false))]),
        around("lstm with a skip, both ways", causal: false, [.lstmp(.init(in: 6, hidden: 4, skip: 2, dropout: 0.2))]),
        around(
            "attention, causal", causal: true,
            [.attention(.init(in: 6, heads: 2, width: 8, out: 6, causal: true, span: 7, residual: true, dropout: 0.2))]),
        around("attention, both ways", causal: false, [.attention(.init(in: 6, heads: 2, width: 8, out: 6))]),
        around(
            "attention, wide", causal: true,
            [.attention(.init(in: 6, heads: 2, width: 84, out: 6, causal: true, span: 60))]),
        around(
            "attention, additive", causal: false,
            [.attention(.init(in: 6, heads: 2, width: 8, out: 6, score: .additive))]),
        around("random field", causal: false, [], output: 6, last: .conditionalRandomField(.init(labels: 4))),
    ]

    /// With skips, and with sources that lag behind each other.
    static let graphs: [LayerCase] = [
        LayerCase(
            testDescription: "u-shape",
            architecture: Architecture(
                input: 3,
                layers: [
                    .convolution1D(.init(in: 3, out: 5, kernel: 3, padding: 1, activation: .silu)),
                    .convolution1D(.init(in: 5, out: 6, kernel: 4, stride: 2, padding: 1, activation: .silu)),
                    .convolution1D(.init(in: 6, out: 6, kernel: 5, padding: 2)), .sum(.layer(1), .layer(2)),
                    .transposedConvolution1D(.init(in: 6, out: 5, kernel: 4, factor: 2, padding: 1)),
                    .concatenation(.layer(0), .layer(4)), .linear(.init(in: 10, out: 4)), .logSoftmax,
                ]), isCausal: true),
        LayerCase(
            testDescription: "a skip to the input",
            architecture: Architecture(
                input: 3,
                layers: [
                    .recurrent(.init(cell: .gru, in: 3, hidden: 3, bidirectional: false)),
                    .convolution1D(.init(in: 3, out: 3, kernel: 7, padding: 3)), .sum(.input(0), .layer(1), .layer(0)),
                    .linear(.init(in: 3, out: 4)), .logSoftmax,
                ]), isCausal: true),
    ]
}
