import AllocationCounter
import DuctusNetwork
import Foundation
import Testing

/// What every kind of layer must hold: streams, batches, memory, files.
@Suite struct LayerTests {
    static let cases = LayerCases.chains + LayerCases.graphs

    @Test(arguments: cases.filter(\.isCausal), [[1], [7], [2, 0, 31, 5], [64]])
    func piecesEqualOnePass(_ item: LayerCase, chunks: [Int]) throws {
        let network = try Network(architecture: item.architecture, seed: 6)
        for length in [1, 2, 6, 64, 131] {
            let frames = TestNetworks.frames(length, dimension: 3, seed: UInt64(length))
            let whole = try network.posteriors(frames)
            for lookahead in [0, 9] {
                let pieces = try StreamingPassTests().stream(network, frames, chunks: chunks, lookahead: lookahead)
                #expect(pieces.count == whole.count)
                #expect(largestDifference(pieces, whole) < 1e-5)
            }
        }
    }

    /// The end is no other than any window's edge, but for a random field, which knows how sequences end.
    @Test(arguments: cases.filter { $0.testDescription != "random field" && !$0.isCausal })
    func withAllThatIsToComeAsLookaheadPiecesEqualOnePass(_ item: LayerCase) throws {
        let network = try Network(architecture: item.architecture, seed: 6)
        let frames = TestNetworks.frames(90, dimension: 3, seed: 3)
        let whole = try network.posteriors(frames)
        let pieces = try StreamingPassTests().stream(network, frames, chunks: [11], lookahead: 1000)
        #expect(pieces.count == whole.count)
        #expect(largestDifference(pieces, whole) < 1e-5)
    }

    @Test(arguments: cases, Precision.allCases)
    func whatASequenceGivesDoesNotDependOnItsBatch(_ item: LayerCase, precision: Precision) throws {
        for set in InstructionSet.available {
            let network = try Network(
                architecture: item.architecture, seed: 2, precision: precision, instructionSet: set)
            let batch = TestNetworks.batch([40, 3, 90, 0, 1, 65], dimension: 3)
            let together = try network.forward(batch, workspace: Workspace())
            var start = 0
            for (index, length) in batch.lengths.enumerated() {
                let own = Array(batch.frames[start * 3..<(start + length) * 3])
                start += length
                var single = Batch(dimension: 3)
                single.append(own)
                let alone = try network.forward(single, workspace: Workspace())[0]
                #expect(alone.values.count == together[index].values.count)
                #expect(
                    largestDifference(alone.values.map { exp($0) }, together[index].values.map { exp($0) }) < 1e-6)
            }
        }
    }

    @Test(arguments: cases, Precision.allCases)
    func aWarmPassAllocatesNothing(_ item: LayerCase, precision: Precision) throws {
        let network = try Network(architecture: item.architecture, seed: 1, precision: precision)
        let workspace = Workspace()
        let batch = TestNetworks.batch([40, 12, 31], dimension: 3)
        for _ in 0..<2 { _ = try network.forward(batch, workspace: workspace) }
        let before = allocation_count()
        for _ in 0..<10 { _ = try network.forward(batch, workspace: workspace) }
        #expect(allocation_count() - before == 0)
    }

    @Test(arguments: cases)
    func aWarmStreamAllocatesNothing(_ item: LayerCase) throws {
        let network = try Network(architecture: item.architecture, seed: 1)
        let workspace = Workspace()
        let windows = (0..<3).map { _ in Window(state: network.makeState(), chunk: 8, isEnd: false) }
        let batch = TestNetworks.batch([24, 24, 24], dimension: 3)
        for _ in 0..<80 { _ = try network.advance(windows, frames: batch, workspace: workspace) }
        let size = windows[0].state.byteCount
        let before = allocation_count()
        for _ in 0..<10 { _ = try network.advance(windows, frames: batch, workspace: workspace) }
        #expect(allocation_count() - before == 0)
        #expect(windows[0].state.byteCount == size)
    }

    @Test(arguments: cases)
    func aCopyAndAResetGoOnAsTheyShould(_ item: LayerCase) throws {
        let network = try Network(architecture: item.architecture, seed: 1)
        let frames = TestNetworks.frames(40, dimension: 3, seed: 5)
        let tests = StreamingPassTests()
        let expected = try tests.stream(network, frames, chunks: [10], lookahead: 3)
        let state = network.makeState()
        _ = try tests.stream(network, frames, chunks: [7], lookahead: 3, state: state)
        state.reset()
        let first = TestNetworks.batch([13], dimension: 3, seed: 5)
        _ = try network.advance([Window(state: state, chunk: 10, isEnd: false)], frames: first, workspace: Workspace())
        let copy = state.copy()
        var rest = Batch(dimension: 3)
        rest.append(Array(frames[(10 * 3)...]))
        let ends = try [state, copy].map {
            let output = try network.advance(
                [Window(state: $0, chunk: 30, isEnd: true)], frames: rest, workspace: Workspace())
            return withExtendedLifetime(output) { Array(output.values) }
        }
        #expect(ends[0] == ends[1] && !ends[0].isEmpty)
        state.reset()
        #expect(try tests.stream(network, frames, chunks: [10], lookahead: 3, state: state) == expected)
    }

    @Test(arguments: cases)
    func itSurvivesJSON(_ item: LayerCase) throws {
        let data = try JSONEncoder().encode(item.architecture)
        #expect(try JSONDecoder().decode(Architecture.self, from: data) == item.architecture)
    }

    /// What attention keeps of a stream grows to its span, and no further.
    @Test func attentionForgetsWhatLiesFartherBackThanItsSpan() throws {
        let attention = Attention(in: 3, width: 8, out: 3, causal: true, span: 16)
        let network = try Network(
            architecture: Architecture(input: 3, layers: [.attention(attention)]), seed: 1)
        let state = network.makeState()
        var sizes: [Int] = []
        for _ in 0..<12 {
            _ = try network.advance(
                [Window(state: state, chunk: 5, isEnd: false)], frames: TestNetworks.batch([5], dimension: 3),
                workspace: Workspace())
            sizes.append(state.byteCount)
        }
        #expect(sizes[0] < sizes[4])
        #expect(Set(sizes[4...]).count == 1)
        #expect(sizes[11] < 16 * (2 * 8 + 1) * 4 + 300)
    }

    /// A decoder asks one frame at a time, after its memory has been read once.
    @Test(arguments: Attention.Score.allCases)
    func aDecoderStepsThroughItsMemory(score: Attention.Score) throws {
        let architecture = Architecture(
            input: 1, otherInputs: [5],
            layers: [
                .embedding(.init(count: 7, out: 6)), .recurrent(.init(in: 6, hidden: 8, bidirectional: false)),
                .attention(.init(in: 8, memory: 5, heads: 2, width: 12, out: 8, score: score, kernel: 3))
                    .reading(.layer(1), .input(1)),
                .concatenation(.layer(1), .layer(2)), .linear(.init(in: 16, out: 7)), .logSoftmax,
            ])
        let network = try Network(architecture: architecture, seed: 3)
        let labels: [Float] = [0, 3, 6, 2, 2, 5]
        var tokens = Batch(dimension: 1)
        tokens.append(labels)
        let memory = TestNetworks.batch([9], dimension: 5)
        let workspace = Workspace()
        let whole = Array(try network.forward(tokens, others: [memory], workspace: workspace).values)
        let state = network.makeState()
        var steps: [Float] = []
        for (index, label) in labels.enumerated() {
            var token = Batch(dimension: 1)
            token.append([label])
            var rest = Batch(dimension: 5)
            rest.append([])
            let part = Window.Part(chunk: index == 0 ? 9 : 0, isEnd: index == 0)
            let output = try network.advance(
                [Window(state: state, chunk: 1, isEnd: false, others: [part])], frames: token,
                others: [index == 0 ? memory : rest], workspace: workspace)
            steps += Array(output.values)
        }
        #expect(largestDifference(steps, whole) < 1e-5)
    }

    @Test func labelsThatAnEmbeddingHasNotAreRefused() throws {
        let architecture = Architecture(
            input: 1, layers: [.embedding(.init(count: 4, out: 3)), .linear(.init(in: 3, out: 2)), .logSoftmax])
        let network = try Network(architecture: architecture, seed: 1)
        for bad: Float in [-1, 4, 1.5, .nan] {
            var batch = Batch(dimension: 1)
            batch.append([0, bad])
            #expect(throws: NetworkError.self) { try network.forward(batch, workspace: Workspace()) }
        }
    }
}
