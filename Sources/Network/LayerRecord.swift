import CDuctusKernels

/// The memory of one layer in a call. In training it is kept for the backward pass. In inference all layers share one.
///
/// A kind of layer numbers its buffers as it likes, from 0.
public final class LayerRecord {
    /// Factors of dropout.
    let mask: Memory<Float>
    /// The layer's output in training.
    let output: Memory<Float>
    private var numbers: [Memory<Float>] = []
    private var counts: [Memory<Int>] = []
    private let lease: Lease

    init(lease: Lease) {
        self.lease = lease
        mask = Memory(lease: lease)
        output = Memory(lease: lease)
    }

    /// A buffer of floats.
    public func floats(_ number: Int) -> Memory<Float> {
        while numbers.count <= number { numbers.append(Memory(lease: lease)) }
        return numbers[number]
    }

    /// A buffer of integers.
    public func integers(_ number: Int) -> Memory<Int> {
        while counts.count <= number { counts.append(Memory(lease: lease)) }
        return counts[number]
    }

    /// Bytes it holds.
    var byteCount: Int {
        numbers.reduce(mask.byteCount + output.byteCount) { $0 + $1.byteCount } + counts.reduce(0) { $0 + $1.byteCount }
    }
}

/// Scratch memory that the layers of a backward pass use in turn.
public final class ReturnScratch {
    /// Scratch memory of the kernels.
    public let kernel: Memory<UInt8>
    /// Buffer for packed weight gradients. Separate from `kernel`, because growing a buffer moves it, and a kernel may
    /// still be using `kernel`.
    public let packed: Memory<UInt8>
    /// The addresses of the rows of two matrices.
    public let rows: (Memory<UnsafePointer<Float>>, Memory<UnsafePointer<Float>>)
    let parts: Memory<ductus_gradient_part>
    /// Never written to.
    public let zeros: Memory<Float>
    private var numbers: [Memory<Float>] = []
    private let lease: Lease

    init(lease: Lease) {
        self.lease = lease
        kernel = Memory(lease: lease)
        packed = Memory(lease: lease)
        rows = (Memory(lease: lease), Memory(lease: lease))
        parts = Memory(lease: lease)
        zeros = Memory(lease: lease)
    }

    /// A buffer of floats; a kind of layer numbers them as it likes, from 0.
    public func floats(_ number: Int) -> Memory<Float> {
        while numbers.count <= number { numbers.append(Memory(lease: lease)) }
        return numbers[number]
    }
}
