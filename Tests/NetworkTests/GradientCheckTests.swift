import DuctusNetwork
import DuctusRandomness
import Testing

/// Central differences against backpropagation, for every layer, cell, direction and loss.
@Suite struct GradientCheckTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let architecture: Architecture

        static func convolution(_ activation: Activation, kernel: Int, stride: Int, padding: Int) -> Case {
            Case(
                testDescription: "convolution \(activation) kernel \(kernel) stride \(stride) padding \(padding)",
                architecture: Architecture(
                    input: 3,
                    layers: [
                        .convolution1D(Convolution1D(in: 3, out: 4, kernel: 2, padding: 1, activation: .tanh)),
                        .convolution1D(
                            Convolution1D(
                                in: 4, out: 5, kernel: kernel, stride: stride, padding: padding, activation: activation)
                        ),
                        .linear(Linear(in: 5, out: 4)), .logSoftmax,
                    ]))
        }

        static func recurrent(_ cell: Cell, bidirectional: Bool, residual: Bool) -> Case {
            let hidden = bidirectional ? 3 : 6
            return Case(
                testDescription: "\(cell) bidirectional \(bidirectional) residual \(residual)",
                architecture: Architecture(
                    input: 3,
                    layers: [
                        .linear(Linear(in: 3, out: 6)),
                        .recurrent(
                            Recurrent(
                                cell: cell, in: 6, hidden: hidden, bidirectional: bidirectional, residual: residual)),
                        .linear(Linear(in: 6, out: 4)), .logSoftmax,
                    ]))
        }
    }

    static let convolutions: [Case] = [
        .convolution(.none, kernel: 3, stride: 1, padding: 1),
        .convolution(.silu, kernel: 4, stride: 2, padding: 1),
        .convolution(.tanh, kernel: 2, stride: 3, padding: 0),
        .convolution(.silu, kernel: 1, stride: 1, padding: 0),
    ]

    static let recurrents: [Case] = Cell.allCases.flatMap { cell in
        [false, true].flatMap { bidirectional in
            [false, true].map { .recurrent(cell, bidirectional: bidirectional, residual: $0) }
        }
    }

    static let others: [Case] = (LayerCases.chains + LayerCases.graphs).map {
        Case(testDescription: $0.testDescription, architecture: $0.architecture)
    }

    static let stacks: [Case] = [
        Case(testDescription: "stack", architecture: TestNetworks.stack(labels: 4)),
        Case(testDescription: "stack with dropout", architecture: TestNetworks.stack(dropout: 0.3, labels: 4)),
    ]

    static let cases: [Case] = convolutions + recurrents + others + stacks

    @Test(arguments: cases, [false, true])
    func backpropagationAgreesWithCentralDifferences(_ item: Case, connectionist: Bool) throws {
        let architecture = item.architecture
        let isField = architecture.layers.last?.kind is ConditionalRandomField
        let connectionist = connectionist && !isField
        let lengths = [13, 6, 17]
        let batch = TestNetworks.batch(lengths, dimension: 3)
        let targets: [Target] = lengths.map { length in
            let frames = architecture.outputLength(for: length)
            return connectionist
                ? .ctc(frames > 3 ? [2, 2, 1] : [3]) : .frames((0..<frames).map { Int32($0 % 5) - 1 })
        }
        var parameters = ParameterLayout(architecture).freshParameters(for: architecture, seed: 5)
        var generator = SplitMix64(seed: 3)
        for index in parameters.indices { parameters[index] += 0.2 * generator.normal() }
        let backpropagation = try Backpropagation(architecture: architecture, parameters: parameters, seed: 9)
        func loss() throws -> Double {
            try backpropagation.computeGradient(of: batch, targets: targets, reduction: .sum, step: 4).sum
        }
        #expect(try loss() > 0)
        let gradient = backpropagation.gradient
        for tensor in backpropagation.layout.tensors {
            // Along a random direction the whole tensor counts, and rounding does not.
            let direction = tensor.range.map { _ in generator.normal() }
            let step: Float = 0.02 / Float(tensor.count).squareRoot()
            func moved(_ factor: Float) throws -> Double {
                for (index, slope) in zip(tensor.range, direction) {
                    backpropagation.parameters[index] = parameters[index] + factor * step * slope
                }
                return try loss()
            }
            // Five points: the error is of the fourth order in the step.
            let difference = try 8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))
            backpropagation.parameters = parameters
            let expected = difference / (12 * Double(step))
            let found = zip(tensor.range, direction).reduce(0.0) { $0 + Double(gradient[$1.0] * $1.1) }
            let size = zip(tensor.range, direction).reduce(0.0) { $0 + abs(Double(gradient[$1.0] * $1.1)) }
            #expect(abs(expected - found) < 2e-3 * max(size, 1), "\(tensor.name): \(expected) and \(found)")
        }
    }

    @Test func dropoutLeavesOutItsShareAndKeepsTheMean() throws {
        let architecture = Architecture(
            input: 2, layers: [.linear(Linear(in: 2, out: 2, dropout: 0.25)), .logSoftmax])
        // A bias alone: the scores are 0 or 4/3 of it, the gradient of the bias is only of what is left in.
        let parameters: [Float] = [0, 0, 0, 0, 1, 1]
        let backpropagation = try Backpropagation(architecture: architecture, parameters: parameters, seed: 1)
        let batch = TestNetworks.batch([4000], dimension: 2)
        let targets = [Target.frames([Int32](repeating: 0, count: 4000))]
        let first = try backpropagation.computeGradient(of: batch, targets: targets, reduction: .perLabel, step: 0)
        let again = try backpropagation.computeGradient(of: batch, targets: targets, reduction: .perLabel, step: 0)
        let other = try backpropagation.computeGradient(of: batch, targets: targets, reduction: .perLabel, step: 1)
        #expect(first == again)
        #expect(first != other)
        // Both kept or both dropped: log 2. One of two dropped: log(1 + e^{±4/3}), each with 3/16.
        let expected = 0.625 * 0.693147 + 0.1875 * (1.567297 + 0.233964)
        #expect(abs(first.loss - expected) < 0.02)
        #expect(try backpropagation.computeLoss(of: batch, targets: targets, reduction: .perLabel).loss < 0.6932)
    }
}
