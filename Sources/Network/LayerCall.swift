import CDuctusKernels

/// One layer's share of a forward pass.
struct LayerCall {
    let kernels: Kernels
    /// Number of the layer within the network.
    let index: Int
    let input: Boundary
    let output: Boundary
    /// input.frames × width.
    let x: UnsafePointer<Float>
    /// output.frames × width.
    let y: UnsafeMutablePointer<Float>
    let record: LayerRecord
    let scratch: Memory<UInt8>
    /// The streams that the sequences continue; nil where every sequence is whole.
    let windows: [Window]?
    /// Training: everything that the way back needs stays in `record`.
    let keepsActivations: Bool
    /// Factors of dropout for each number of y.
    let mask: UnsafePointer<Float>?

    /// The layer's numbers within a stream's state.
    func state(_ sequence: Int) -> UnsafeMutablePointer<Float>? {
        guard let windows else { return nil }
        let state = windows[sequence].state
        return state.values.baseAddress.map { $0 + state.offsets[index] }
    }
}

/// One layer's share of a backward pass.
struct LayerReturn {
    let kernels: Kernels
    let input: Boundary
    let output: Boundary
    /// What went into the layer, input.frames × width.
    let x: UnsafePointer<Float>
    /// The loss' derivative by the layer's output; may be overwritten.
    let dy: UnsafeMutablePointer<Float>
    /// Receives the loss' derivative by the layer's input; nil for the first layer, where nobody asks.
    let dx: UnsafeMutablePointer<Float>?
    /// Receives, by adding, the derivative by the layer's parameters: where they begin in the flat buffer.
    let gradient: UnsafeMutablePointer<Float>
    let record: LayerRecord
    let shared: ReturnScratch
    let mask: UnsafePointer<Float>?
    /// Sequences began with the states in `record`, not with zero.
    let hasStates: Bool
}

/// Scratch memory that the layers of a backward pass use in turn.
final class ReturnScratch {
    let kernel = Memory<UInt8>()
    /// What the gradients of weights pack: while it grows, a pass still works in `kernel`.
    let packed = Memory<UInt8>()
    let hidden = Memory<Float>()
    /// Where the rows of a matrix lie, and those of another.
    let rows = (Memory<UnsafePointer<Float>>(), Memory<UnsafePointer<Float>>())
    let parts = Memory<ductus_gradient_part>()
    /// Never written to.
    let zeros = Memory<Float>()
    let sums = Memory<Float>()
    let weights = Memory<Float>()
    let columns = Memory<Float>()
}
