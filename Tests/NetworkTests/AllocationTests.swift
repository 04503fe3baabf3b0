import AllocationCounter
import DuctusNetwork
import Testing

/// A network that has seen its largest batch takes no more memory from the heap.
@Suite struct AllocationTests {
    @Test func theCounterSeesAllocations() {
        let before = allocation_count()
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: 100)
        #expect(allocation_count() > before)
        memory.deallocate()
    }

    @Test(arguments: [Precision.fp32, .bf16])
    func aWarmPassAllocatesNothing(precision: Precision) throws {
        let network = try Network(architecture: Self.architecture, seed: 1, precision: precision)
        let workspace = Workspace()
        var batch = Batch(dimension: network.architecture.input)
        for frames in [40, 12, 31] { batch.append([Float](repeating: 0.5, count: frames * batch.dimension)) }
        for _ in 0..<2 { _ = try network.forward(batch, workspace: workspace) }
        let before = allocation_count()
        for _ in 0..<10 { _ = try network.forward(batch, workspace: workspace) }
        #expect(allocation_count() - before == 0)
    }

    @Test func aWarmWindowAllocatesNothing() throws {
        let network = try Network(architecture: Self.architecture, seed: 1)
        let workspace = Workspace()
        let windows = (0..<3).map { _ in Window(state: network.makeState(), chunk: 8, isEnd: false) }
        var batch = Batch(dimension: network.architecture.input)
        for _ in windows { batch.append([Float](repeating: 0.5, count: 24 * batch.dimension)) }
        for _ in 0..<2 { _ = try network.advance(windows, frames: batch, workspace: workspace) }
        let before = allocation_count()
        for _ in 0..<10 { _ = try network.advance(windows, frames: batch, workspace: workspace) }
        #expect(allocation_count() - before == 0)
    }

    private static let architecture = Architecture(
        input: 9,
        layers: [
            .convolution1D(Convolution1D(in: 9, out: 16, kernel: 4, stride: 2, padding: 1, activation: .silu)),
            .recurrent(Recurrent(cell: .lstm, in: 16, hidden: 24, bidirectional: true)),
            .recurrent(Recurrent(cell: .gru, in: 48, hidden: 16, bidirectional: true)),
            .linear(Linear(in: 32, out: 12)), .logSoftmax,
        ])
}
