import DuctusNetwork
import DuctusRandomness
import Foundation
import Testing

/// Windows of a stream: carried state, lookahead, strided convolutions, ends.
@Suite struct StreamingPassTests {
    /// Runs a sequence in windows; the final frames one after another.
    func stream(
        _ network: Network, _ frames: [Float], chunks: [Int], lookahead: Int, state: NetworkState? = nil
    ) throws -> [Float] {
        let width = network.architecture.input
        let total = frames.count / width
        let state = state ?? network.makeState()
        let workspace = Workspace()
        var (position, turn) = (0, 0)
        var finals: [Float] = []
        while !state.hasEnded {
            let chunk = min(chunks[turn % chunks.count], total - position)
            turn += 1
            // The end is known once the last frame is committed.
            let isEnd = position + chunk == total
            let edge = isEnd ? total : min(position + chunk + lookahead, total)
            var batch = Batch(dimension: width)
            batch.append(Array(frames[position * width..<edge * width]))
            let output = try network.advance(
                [Window(state: state, chunk: chunk, isEnd: isEnd)], frames: batch, workspace: workspace)[0]
            #expect(output.first == finals.count / network.architecture.output)
            #expect(output.final <= output.frames)
            finals += output.values[..<(output.final * network.architecture.output)]
            position += chunk
            #expect(state.inputFrames == position)
            #expect(state.outputFrames == finals.count / network.architecture.output)
        }
        return finals
    }

    @Test(arguments: Cell.allCases, [[1], [7], [2, 0, 31, 5], [64]])
    func piecesOfAOneWayNetworkEqualOnePass(cell: Cell, chunks: [Int]) throws {
        let network = try Network(architecture: TestNetworks.stack(cell: cell, bidirectional: false), seed: 6)
        for length in [1, 2, 5, 64, 131] {
            let frames = TestNetworks.frames(length, dimension: 3, seed: UInt64(length))
            let whole = try network.posteriors(frames)
            for lookahead in [0, 9] {
                let pieces = try stream(network, frames, chunks: chunks, lookahead: lookahead)
                #expect(pieces.count == whole.count)
                #expect(largestDifference(pieces, whole) < 1e-5)
            }
        }
    }

    @Test func withAllThatIsToComeAsLookaheadTheFirstFramesAreThoseOfTheWholePass() throws {
        // Without padding at the end, a window that shows everything differs from the true end in nothing.
        let architecture = Architecture(
            input: 3,
            layers: [
                .convolution1D(Convolution1D(in: 3, out: 8, kernel: 3, stride: 2, activation: .silu)),
                .recurrent(Recurrent(in: 8, hidden: 7)), .recurrent(Recurrent(cell: .gru, in: 14, hidden: 6)),
            ])
        let network = try Network(architecture: architecture, seed: 6)
        let frames = TestNetworks.frames(90, dimension: 3, seed: 3)
        let whole = try network.posteriors(frames)
        let pieces = try stream(network, frames, chunks: [11], lookahead: 1000)
        #expect(largestDifference(pieces, whole) < 1e-5)
    }

    @Test func lessLookaheadChangesOnlyWhatLiesAheadOfIt() throws {
        let network = try Network(architecture: TestNetworks.stack(), seed: 6)
        let frames = TestNetworks.frames(120, dimension: 3, seed: 3)
        let whole = try network.posteriors(frames)
        let far = try stream(network, frames, chunks: [20], lookahead: 60)
        let near = try stream(network, frames, chunks: [20], lookahead: 4)
        #expect(far.count == whole.count && near.count == whole.count)
        #expect(largestDifference(far, whole) < largestDifference(near, whole))
        #expect(largestDifference(near, whole) > 1e-4)
    }

    @Test func manyStreamsInOneCallGiveWhatEachGivesAlone() throws {
        let network = try Network(architecture: TestNetworks.stack(), seed: 1)
        var generator = SplitMix64(seed: 77)
        let sequences = (0..<9).map { TestNetworks.frames(20 + 13 * $0, dimension: 3, seed: UInt64($0)) }
        let alone = try sequences.map { try stream(network, $0, chunks: [8], lookahead: 5) }
        let states = sequences.map { _ in network.makeState() }
        var finals = sequences.map { _ in [Float]() }
        let workspace = Workspace()
        while states.contains(where: { !$0.hasEnded }) {
            // A random subset is due.
            let due = states.indices.filter { !states[$0].hasEnded && generator.uniform() < 0.6 }
            var batch = Batch(dimension: 3)
            let windows = due.map { index in
                let (position, total) = (states[index].inputFrames, sequences[index].count / 3)
                let chunk = min(8, total - position)
                let isEnd = position + chunk == total
                batch.append(Array(sequences[index][position * 3..<min(position + chunk + (isEnd ? 0 : 5), total) * 3]))
                return Window(state: states[index], chunk: chunk, isEnd: isEnd)
            }
            let output = try network.advance(windows, frames: batch, workspace: workspace)
            for (position, index) in due.enumerated() {
                finals[index] += output[position].values[..<(output[position].final * output.dimension)]
            }
        }
        for (found, expected) in zip(finals, alone) { #expect(largestDifference(found, expected) < 1e-6) }
    }

    @Test func aLookWithoutCommitLeavesTheStateAsItWas() throws {
        let network = try Network(architecture: TestNetworks.stack(), seed: 1)
        let frames = TestNetworks.frames(50, dimension: 3, seed: 5)
        let expected = try stream(network, frames, chunks: [9], lookahead: 6)
        let state = network.makeState()
        let output = try network.advance(
            [Window(state: state, chunk: 0, isEnd: false)], frames: TestNetworks.batch([30], dimension: 3),
            workspace: Workspace())[0]
        #expect(output.final == 0 && output.frames > 0)
        #expect(try stream(network, frames, chunks: [9], lookahead: 6, state: state) == expected)
    }

    @Test func aCopyAndAResetGoOnAsTheyShould() throws {
        let network = try Network(architecture: TestNetworks.stack(), seed: 1)
        let frames = TestNetworks.frames(40, dimension: 3, seed: 5)
        let expected = try stream(network, frames, chunks: [10], lookahead: 3)
        let state = network.makeState()
        _ = try stream(network, frames, chunks: [7], lookahead: 3, state: state)
        state.reset()
        let copy = state.copy()
        #expect(try stream(network, frames, chunks: [10], lookahead: 3, state: copy) == expected)
        #expect(state.byteCount == copy.byteCount && state.byteCount < 2000)
        #expect(state.inputFrames == 0 && copy.hasEnded)
    }

    @Test(arguments: [(1, 1, 0), (5, 1, 2), (4, 2, 1), (3, 4, 0), (2, 5, 1), (7, 3, 6)])
    func lengthsOfConvolutionsAddUp(kernel: Int, stride: Int, padding: Int) throws {
        let architecture = Architecture(
            input: 2,
            layers: [
                .convolution1D(Convolution1D(in: 2, out: 3, kernel: kernel, stride: stride, padding: padding)),
                .convolution1D(Convolution1D(in: 3, out: 2, kernel: stride, stride: 2, padding: 0)),
            ])
        let network = try Network(architecture: architecture, seed: 3)
        for length in 1...40 {
            let frames = TestNetworks.frames(length, dimension: 2, seed: UInt64(length))
            let whole = try network.posteriors(frames)
            #expect(whole.count / 2 == architecture.outputLength(for: length))
            #expect(architecture.committedLength(after: length) <= architecture.outputLength(for: length))
            let pieces = try stream(network, frames, chunks: [1, 3, 2], lookahead: 2)
            #expect(largestDifference(pieces, whole) < 1e-5)
        }
    }
}
