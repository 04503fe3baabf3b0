import DuctusNetwork
import Testing

@Suite struct BackpropagationTests {
    private static let lengths = [31, 8, 22, 40, 15]

    private func make(threads: Int, dropout: Float = 0.2) throws -> Backpropagation {
        let architecture = TestNetworks.stack(dropout: dropout)
        return try Backpropagation(
            architecture: architecture,
            parameters: ParameterLayout(architecture).freshParameters(for: architecture, seed: 2), threads: threads,
            seed: 5)
    }

    private func targets(_ network: Backpropagation) -> [Target] {
        Self.lengths.map { .ctc((0..<network.architecture.outputLength(for: $0) / 3).map { Int32($0 % 5) + 1 }) }
    }

    @Test(arguments: 1...4)
    func theSameSeedAndThreadsGiveTheSameBits(threads: Int) throws {
        let batch = TestNetworks.batch(Self.lengths, dimension: 3)
        let (first, second) = (try make(threads: threads), try make(threads: threads))
        for step in 0..<3 {
            let a = try first.computeGradient(of: batch, targets: targets(first), reduction: .perLabel, step: step)
            let b = try second.computeGradient(of: batch, targets: targets(second), reduction: .perLabel, step: step)
            #expect(a == b && first.gradient == second.gradient)
        }
        // Dropout belongs to the sequence, not to the thread.
        let single = try make(threads: 1)
        try single.computeGradient(of: batch, targets: targets(single), reduction: .perLabel, step: 2)
        #expect(largestDifference(single.gradient, first.gradient) < 1e-5)
    }

    /// Scratch memory grows in the midst of a first pass.
    @Test func aFirstPassGivesWhatLaterOnesDo() throws {
        let architecture = Architecture(
            input: 3,
            layers: [
                .recurrent(.init(in: 3, hidden: 40)), .recurrent(.init(in: 80, hidden: 8)),
                .linear(.init(in: 16, out: 9)), .logSoftmax,
            ])
        let lengths = (0..<24).map { 30 + 7 * $0 }
        let network = try Backpropagation(
            architecture: architecture,
            parameters: ParameterLayout(architecture).freshParameters(for: architecture, seed: 2), threads: 1, seed: 5)
        let batch = TestNetworks.batch(lengths, dimension: 3)
        let targets = lengths.map { Target.ctc((0..<$0 / 5).map { Int32($0 % 8) + 1 }) }
        var gradients: [[Float]] = []
        for _ in 0..<3 {
            try network.computeGradient(of: batch, targets: targets, reduction: .perLabel, step: 0)
            gradients.append(network.gradient)
        }
        #expect(gradients[0] == gradients[1] && gradients[1] == gradients[2])
    }

    @Test func reductionsDifferOnlyInTheirFactors() throws {
        let batch = TestNetworks.batch(Self.lengths, dimension: 3)
        let network = try make(threads: 1)
        let targets = targets(network)
        let sum = try network.computeLoss(of: batch, targets: targets, reduction: .sum)
        let perLabel = try network.computeLoss(of: batch, targets: targets, reduction: .perLabel)
        let perSequence = try network.computeLoss(of: batch, targets: targets, reduction: .perSequence)
        #expect(abs(sum.loss - sum.sum) < 1e-6)
        #expect(abs(perLabel.loss - sum.sum / Double(sum.labels)) < 1e-5)
        let mean = zip(sum.perSequence, targets).reduce(0.0) { $0 + Double($1.0) / Double($1.1.labelCount) } / 5
        #expect(abs(perSequence.loss - mean) < 1e-5)
    }

    @Test func trainingLearnsToReadItsExamples() throws {
        let batch = TestNetworks.batch(Self.lengths, dimension: 3)
        let network = try make(threads: 2, dropout: 0)
        var optimizer = AdamW(count: network.layout.count)
        let targets = targets(network)
        let before = try network.computeLoss(of: batch, targets: targets, reduction: .perLabel).loss
        for step in 0..<200 {
            try network.computeGradient(of: batch, targets: targets, reduction: .perLabel, step: step)
            GradientNorms.clip(&network.gradient, toNorm: 3)
            optimizer.update(&network.parameters, gradient: network.gradient, learningRate: 0.01, mask: nil)
        }
        let after = try network.computeLoss(of: batch, targets: targets, reduction: .perLabel).loss
        #expect(after < 0.2 * before)
        let trained = try network.network()
        #expect(trained.parameters == network.parameters)
    }

    /// Truncated backpropagation through time: the state is carried from piece to piece, the gradient is not.
    @Test func piecesOfAnEndlessSequenceCarryTheirState() throws {
        let architecture = TestNetworks.stack(bidirectional: false)
        let parameters = ParameterLayout(architecture).freshParameters(for: architecture, seed: 2)
        let network = try Backpropagation(architecture: architecture, parameters: parameters)
        let frames = TestNetworks.frames(60, dimension: 3, seed: 8)
        let labels = (0..<30).map { Int32($0 % 6) }
        var whole = Batch(dimension: 3)
        whole.append(frames)
        let expected = try network.computeLoss(of: whole, targets: [.frames(labels)], reduction: .sum).sum
        let state = try network.network().makeState()
        var (sum, read) = (0.0, 0)
        var gradients: [[Float]] = []
        for piece in 0..<3 {
            var batch = Batch(dimension: 3)
            batch.append(Array(frames[piece * 60..<(piece + 1) * 60]))
            let isEnd = piece == 2
            let edge = isEnd ? 30 : architecture.committedLength(after: (piece + 1) * 20)
            let report = try network.computeGradient(
                of: batch, targets: [.frames(Array(labels[read..<edge]))], reduction: .sum, dropout: false,
                windows: [Window(state: state, chunk: 20, isEnd: isEnd)])
            read = edge
            sum += report.sum
            gradients.append(network.gradient)
        }
        #expect(abs(sum - expected) < 1e-3)
        #expect(state.hasEnded)
        // What a bias of the last layer gets needs no past: it adds up exactly. What a recurrent weight gets does not.
        try network.computeGradient(of: whole, targets: [.frames(labels)], reduction: .sum, dropout: false)
        func total(_ index: Int) -> Float { gradients.reduce(0) { $0 + $1[index] } }
        let bias = try #require(network.layout["layers.4.bias"]).range
        #expect(bias.allSatisfy { abs(total($0) - network.gradient[$0]) < 1e-4 })
        let recurrent = try #require(network.layout["layers.2.weight_hh_l0"]).range
        #expect(recurrent.contains { abs(total($0) - network.gradient[$0]) > 1e-3 })
    }
}
