import DuctusNetwork
import Foundation
import Testing

@Suite struct NetworkTests {
    @Test(arguments: Cell.allCases, Precision.allCases)
    func whatASequenceGivesDoesNotDependOnItsBatch(cell: Cell, precision: Precision) throws {
        for set in InstructionSet.available {
            let network = try Network(
                architecture: TestNetworks.stack(cell: cell), seed: 2, precision: precision, instructionSet: set)
            let batch = TestNetworks.batch([40, 3, 190, 0, 1, 77, 64, 65, 20], dimension: 3)
            let together = try network.forward(batch, workspace: Workspace())
            var start = 0
            for (index, length) in batch.lengths.enumerated() {
                let alone = try network.posteriors(Array(batch.frames[start * 3..<(start + length) * 3]))
                start += length
                #expect(alone.count == together[index].values.count)
                #expect(largestDifference(alone.map { exp($0) }, together[index].values.map { exp($0) }) < 1e-6)
            }
        }
    }

    @Test(arguments: Cell.allCases)
    func reversedTimeAndExchangedDirectionsGiveTheReversedOutput(cell: Cell) throws {
        let architecture = Architecture(input: 4, layers: [.recurrent(Recurrent(cell: cell, in: 4, hidden: 9))])
        let network = try Network(architecture: architecture, seed: 8)
        var exchanged = network.parameters
        let half = network.parameters.count / 2
        exchanged = Array(exchanged[half...] + exchanged[..<half])
        let mirror = try Network(architecture: architecture, parameters: exchanged)
        let frames = TestNetworks.frames(23, dimension: 4, seed: 1)
        let reversed = (0..<23).reversed().flatMap { frames[$0 * 4..<($0 + 1) * 4] }
        let output = try network.posteriors(frames)
        let mirrored = try mirror.posteriors(reversed)
        for frame in 0..<23 {
            let back = 22 - frame
            #expect(
                largestDifference(
                    Array(output[frame * 18..<frame * 18 + 9]), Array(mirrored[back * 18 + 9..<back * 18 + 18])) < 1e-6)
            #expect(
                largestDifference(
                    Array(output[frame * 18 + 9..<frame * 18 + 18]), Array(mirrored[back * 18..<back * 18 + 9])) < 1e-6)
        }
    }

    /// With the forget gate at 1 and the input gate at 0 the memory stays as it is, bit for bit.
    @Test(arguments: InstructionSet.available)
    func aClosedInputGateAndAnOpenForgetGateLeaveTheMemoryUnchanged(set: InstructionSet) throws {
        let hidden = 19
        let architecture = Architecture(
            input: 2, layers: [.recurrent(Recurrent(in: 2, hidden: hidden, bidirectional: false))])
        let layout = ParameterLayout(architecture)
        var parameters = layout.freshParameters(for: architecture, seed: 4)
        let bias = try #require(layout["layers.0.bias_ih_l0"]).offset
        let open = try Network(architecture: architecture, parameters: parameters, instructionSet: set)
        for unit in 0..<hidden {
            parameters[bias + unit] = -1000  // input gate: exactly 0
            parameters[bias + hidden + unit] = 1000  // forget gate: exactly 1
            parameters[bias + 3 * hidden + unit] = 1000  // output gate: exactly 1, so that h = tanh(c) shows the memory
        }
        let closed = try Network(architecture: architecture, parameters: parameters, instructionSet: set)
        let state = open.makeState()
        let workspace = Workspace()
        _ = try open.advance(
            [Window(state: state, chunk: 10, isEnd: false)], frames: TestNetworks.batch([10], dimension: 2),
            workspace: workspace)
        let output = try closed.advance(
            [Window(state: state, chunk: 200, isEnd: false)],
            frames: TestNetworks.batch([200], dimension: 2, seed: 99), workspace: workspace)
        let first = Array(output.values[..<hidden])
        #expect(first.contains { abs($0) > 0.01 })
        for frame in 1..<200 {
            #expect(Array(output.values[frame * hidden..<(frame + 1) * hidden]) == first)
        }
    }

    @Test func wrongCallsAreRefusedWithTheReason() throws {
        let architecture = TestNetworks.stack()
        let network = try Network(architecture: architecture, seed: 1)
        #expect(throws: NetworkError.wrongDimension(expected: 3, found: 2)) {
            try network.forward(TestNetworks.batch([5], dimension: 2), workspace: Workspace())
        }
        #expect(throws: NetworkError.wrongParameterCount(expected: architecture.parameterCount, found: 1)) {
            try Network(architecture: architecture, parameters: [0])
        }
        let state = network.makeState()
        let batch = TestNetworks.batch([5], dimension: 3)
        #expect(throws: NetworkError.chunkOutOfRange(sequence: 0, chunk: 6, window: 5)) {
            try network.advance([Window(state: state, chunk: 6, isEnd: false)], frames: batch, workspace: Workspace())
        }
        #expect(throws: NetworkError.chunkIsNotWholeWindowAtEnd(sequence: 0, chunk: 4, window: 5)) {
            try network.advance([Window(state: state, chunk: 4, isEnd: true)], frames: batch, workspace: Workspace())
        }
        #expect(throws: NetworkError.wrongCount(what: "windows", expected: 1, found: 0)) {
            try network.advance([], frames: batch, workspace: Workspace())
        }
        _ = try network.advance([Window(state: state, chunk: 5, isEnd: true)], frames: batch, workspace: Workspace())
        #expect(throws: NetworkError.streamHasEnded(sequence: 0)) {
            try network.advance([Window(state: state, chunk: 5, isEnd: false)], frames: batch, workspace: Workspace())
        }
    }

    @Test func anEmptyBatchGivesAnEmptyOutput() throws {
        let network = try Network(architecture: TestNetworks.stack(), seed: 1)
        #expect(try network.forward(Batch(dimension: 3), workspace: Workspace()).count == 0)
        let output = try network.forward(TestNetworks.batch([0, 1], dimension: 3), workspace: Workspace())
        #expect(output.count == 2)
        #expect(output[0].frames == 0)
    }
}
