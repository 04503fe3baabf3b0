import DuctusNetwork
import Foundation
import Testing

/// A kind of layer that this module adds: every number times a factor of its own, and the number before it in the
/// stream.
struct Echo: LayerKind {
    static let name = "testEcho"

    var width: Int

    init(width: Int) {
        self.width = width
    }

    func output(of inputs: [Int]) -> Int { width }

    func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(width)
    }

    func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        [.init("factor", [width], .each { Float($0 + 1) / 4 })]
    }

    func state(for inputs: [Int]) -> StateShape { StateShape(count: width) }

    func prepare(_ settings: LayerSettings) -> any PreparedLayer { PreparedEcho(width: width) }
}

/// Unchecked, because its memory is written only in `prepare`.
private final class PreparedEcho: PreparedLayer, @unchecked Sendable {
    private let width: Int
    private let factors = Memory<Float>()

    init(width: Int) {
        self.width = width
    }

    func prepare(_ parameters: UnsafePointer<Float>) {
        factors.reserve(width).update(from: parameters, count: width)
    }

    func forward(_ call: LayerCall) {
        for sequence in 0..<call.input.sequences {
            let (first, count) = (Int(call.input.offsets[sequence]) * width, Int(call.input.lengths[sequence]) * width)
            let commit = Int(call.input.commits[sequence]) * width
            let state = call.state(sequence)?.values
            for index in 0..<count {
                let before = index < width ? state?[index] ?? 0 : call.x[first + index - width]
                call.y[first + index] = call.x[first + index] * factors.pointer[index % width] + before
            }
            if let state, commit > 0 { state.update(from: call.x + first + commit - width, count: width) }
        }
    }

    func backward(_ call: LayerReturn) {
        for sequence in 0..<call.input.sequences {
            let (first, count) = (Int(call.input.offsets[sequence]) * width, Int(call.input.lengths[sequence]) * width)
            for index in 0..<count {
                call.gradient[index % width] += call.dy[first + index] * call.x[first + index]
                let later = index + width < count ? call.dy[first + index + width] : 0
                call.dx?[first + index] = call.dy[first + index] * factors.pointer[index % width] + later
            }
        }
    }
}

@Suite struct OpenLayersTests {
    private static let architecture = Architecture(
        input: 3,
        layers: [.linear(.init(in: 3, out: 4)), Layer(Echo(width: 4)), .linear(.init(in: 4, out: 4)), .logSoftmax])

    @Test func aModuleAddsAKindOfLayer() throws {
        LayerRegistry.register(Echo.self)
        let architecture = Self.architecture
        try architecture.validate()
        let network = try Network(architecture: architecture, seed: 4)
        let factor = try #require(network.layout["layers.1.factor"])
        #expect(Array(network.parameters[factor.range]) == [0.25, 0.5, 0.75, 1])

        // A file brings it back.
        let file = WeightFile(architecture: architecture, parameters: network.parameters)
        let copy = try WeightFile(Safetensors(bytes: [UInt8](file.contents().encoded())))
        #expect(copy.architecture == architecture)

        // Its state is carried.
        let frames = TestNetworks.frames(30, dimension: 3, seed: 1)
        let whole = try network.posteriors(frames)
        let pieces = try StreamingPassTests().stream(network, frames, chunks: [4, 0, 9], lookahead: 2)
        #expect(largestDifference(pieces, whole) < 1e-6)
    }

    @Test func itLearns() throws {
        let architecture = Self.architecture
        let network = try Backpropagation(
            architecture: architecture,
            parameters: ParameterLayout(architecture).freshParameters(for: architecture, seed: 2))
        let batch = TestNetworks.batch([20, 11], dimension: 3)
        let targets = batch.lengths.map { Target.frames((0..<$0).map { Int32($0 % 4) }) }
        try network.computeGradient(of: batch, targets: targets, reduction: .sum)
        let gradient = network.gradient
        for tensor in network.layout.tensors {
            let index = tensor.offset
            let step: Float = 1e-2
            network.parameters[index] += step
            let above = try network.computeLoss(of: batch, targets: targets, reduction: .sum).sum
            network.parameters[index] -= 2 * step
            let below = try network.computeLoss(of: batch, targets: targets, reduction: .sum).sum
            network.parameters[index] += step
            #expect(abs(Double(gradient[index]) - (above - below) / Double(2 * step)) < 5e-3, "\(tensor.name)")
        }
    }

    @Test func aKindThatNobodyKnowsIsNamedWithThoseThatAre() throws {
        let text = #"{"input": 2, "layers": [{"kind": "lineer", "in": 2, "out": 3}]}"#
        #expect {
            try JSONDecoder().decode(Architecture.self, from: Data(text.utf8))
        } throws: { error in
            "\(error)".contains("no layer of kind \"lineer\"") && "\(error)".contains("linear, logSoftmax")
        }
    }

    @Test func sourcesThatCannotBeReadAreRefused() {
        func fault(_ layers: [Layer], heads: [Architecture.Head] = []) -> ArchitectureError? {
            do throws(ArchitectureError) {
                try Architecture(input: 3, layers: layers, heads: heads).validate()
                return nil
            } catch {
                return error
            }
        }
        let linear = Layer.linear(.init(in: 3, out: 3))
        #expect(fault([linear.reading(.layer(0))]) == .sourceMissing(layer: 0, source: .layer(0)))
        #expect(fault([linear.reading(.input(1))]) == .sourceMissing(layer: 0, source: .input(1)))
        #expect(fault([linear.reading(.layer(-1))]) == .sourceMissing(layer: 0, source: .layer(-1)))
        #expect(
            fault([linear, linear.reading(.layer(0), .input(0))])
                == .wrongSourceCount(layer: 1, allowed: 1...1, found: 2))
        #expect(fault([linear, .sum(.layer(0))]) == .wrongSourceCount(layer: 1, allowed: 2...8, found: 1))
        #expect(
            fault([.linear(.init(in: 3, out: 2)), .sum(.layer(0), .input(0))])
                == .widthMismatch(layer: 1, expected: 2, found: 3))
        // Halved frames and whole ones stand for different times.
        let halved = Layer.convolution1D(.init(in: 3, out: 3, kernel: 2, stride: 2))
        guard case .impossibleLayer(layer: 1, _) = fault([halved, .sum(.layer(0), .input(0))]) else {
            Issue.record("different rates were joined")
            return
        }
        // Ten convolutions that each look 64 frames ahead would keep the input waiting for 640.
        let wide = Layer.convolution1D(.init(in: 3, out: 3, kernel: 64, dilation: 1))
        let deep = [Layer](repeating: wide, count: 10) + [.sum(.layer(9), .input(0))]
        guard case .impossibleLayer(layer: 10, _) = fault(deep) else {
            Issue.record("a source would wait too long")
            return
        }
        #expect(fault([linear, .logSoftmax, linear.reading(.layer(0))]) == .logSoftmaxNotLast(layer: 1))
        #expect(fault([linear, .logSoftmax, linear.reading(.layer(0))], heads: [.init(name: "a", layer: 1)]) == nil)
        #expect(
            fault([linear], heads: [.init(name: "a", layer: 7)]) == .badHead(name: "a", reason: "there is no layer 7"))
    }
}
