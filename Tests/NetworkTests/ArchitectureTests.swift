import DuctusNetwork
import Foundation
import Testing

@Suite struct ArchitectureTests {
    @Test func itSurvivesJSON() throws {
        let architecture = TestNetworks.stack(cell: .gru, dropout: 0.25)
        let data = try JSONEncoder().encode(architecture)
        #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
        let text = #"{"input":2,"layers":[{"kind":"recurrent","cell":"rnn","in":2,"hidden":3},{"kind":"logSoftmax"}]}"#
        let short = try JSONDecoder().decode(Architecture.self, from: Data(text.utf8))
        #expect(
            short.layers == [.recurrent(Recurrent(cell: .rnn, in: 2, hidden: 3, bidirectional: false)), .logSoftmax])
    }

    @Test func lengthsAndStridesAreThoseOfThePlan() {
        let architecture = TestNetworks.stack()
        #expect(architecture.output == 6)
        #expect(architecture.stride == 2)
        #expect(architecture.outputLength(for: 100) == 50)
        #expect(architecture.outputLength(for: 1) == 0)
        #expect(architecture.outputLength(for: 0) == 0)
        // Two frames wait for the first convolution's right context, one for the second's.
        #expect(architecture.committedLength(after: 100) == 48)
        #expect(architecture.committedLength(after: 0) == 0)
    }

    @Test func impossibleArchitecturesAreRefused() {
        func fault(_ layers: [Layer], input: Int = 3) -> ArchitectureError? {
            do throws(ArchitectureError) {
                try Architecture(input: input, layers: layers).validate()
                return nil
            } catch {
                return error
            }
        }
        #expect(fault([]) == .noLayers)
        #expect(fault([.logSoftmax], input: 0) == .outOfRange(layer: nil, what: "input", value: 0))
        #expect(fault([.linear(Linear(in: 4, out: 2))]) == .widthMismatch(layer: 0, expected: 3, found: 4))
        #expect(fault([.linear(Linear(in: 3, out: 0))]) == .outOfRange(layer: 0, what: "out", value: 0))
        #expect(fault([.linear(Linear(in: 3, out: 2, dropout: 1))]) == .dropoutOutOfRange(layer: 0, value: 1))
        #expect(fault([.logSoftmax, .logSoftmax]) == .logSoftmaxNotLast(layer: 0))
        #expect(
            fault([.recurrent(Recurrent(in: 3, hidden: 3, residual: true))])
                == .residualNeedsEqualWidth(layer: 0, input: 3, output: 6))
        #expect(
            fault([.convolution1D(Convolution1D(in: 3, out: 3, kernel: 3, padding: 3))])
                == .outOfRange(layer: 0, what: "padding", value: 3))
        let strided = Layer.convolution1D(Convolution1D(in: 3, out: 3, kernel: 1, stride: 64))
        #expect(
            fault([strided, strided, strided]) == .outOfRange(layer: 2, what: "product of strides", value: 262_144))
        #expect(fault([Layer](repeating: .linear(Linear(in: 3, out: 3)), count: 65)) == .tooManyLayers(65))
    }

    @Test func freshWeightsAreOrthogonalSeededAndOpenTheForgetGate() throws {
        let architecture = Architecture(input: 4, layers: [.recurrent(Recurrent(in: 4, hidden: 16))])
        let layout = ParameterLayout(architecture)
        let parameters = layout.freshParameters(for: architecture, seed: 1)
        #expect(parameters == layout.freshParameters(for: architecture, seed: 1))
        #expect(parameters != layout.freshParameters(for: architecture, seed: 2))
        let weights = try #require(layout["layers.0.weight_hh_l0"])
        for gate in 0..<4 {
            for a in 0..<16 {
                for b in 0...a {
                    let (first, second) = (weights.offset + (gate * 16 + a) * 16, weights.offset + (gate * 16 + b) * 16)
                    let product = (0..<16).reduce(Float(0)) { $0 + parameters[first + $1] * parameters[second + $1] }
                    #expect(abs(product - (a == b ? 1 : 0)) < 1e-5)
                }
            }
        }
        #expect(layout.layers == [0..<layout.count])
        #expect(layout.tensors.reduce(0) { $0 + $1.count } == layout.count)
    }
}
