import CDuctusKernels

/// `y = x · Wᵀ + bias` with W laid out for the processor at hand.
///
/// Unchecked, because its memory is written only in `prepare`, which its owner calls while no other thread reads it.
final class PreparedProduct: @unchecked Sendable {
    let outputs: Int
    let inputs: Int
    let precision: Precision
    private let kernels: Kernels
    /// outputs × inputs, row-major, to be filled before `pack()` or `packTransposed()`.
    let weights = Memory<Float>()
    /// One number per output, to be filled before `pack()`.
    let bias = Memory<Float>()
    private let packed = Memory<UInt8>()
    private let transposedPacked = Memory<UInt8>()

    init(outputs: Int, inputs: Int, _ settings: LayerSettings) {
        self.outputs = outputs
        self.inputs = inputs
        precision = settings.precision
        kernels = settings.kernels
        bias.reserve(outputs).update(repeating: 0, count: outputs)
    }

    /// Takes up what was written to `weights`.
    func pack() { pack(weights.pointer) }

    /// Takes up weights that lie elsewhere: outputs × inputs, row-major.
    func pack(_ weights: UnsafePointer<Float>) {
        let table = kernels.table.pointee
        let size = table.product_pack_size(Int32(outputs), Int32(inputs), precision.code)
        table.product_pack(Int32(outputs), Int32(inputs), precision.code, weights, packed.reserve(size))
    }

    /// The same for `applyTransposed`.
    func packTransposed() {
        let table = kernels.table.pointee
        let size = table.product_pack_transposed_size(Int32(outputs), Int32(inputs))
        table.product_pack_transposed(Int32(outputs), Int32(inputs), weights.pointer, transposedPacked.reserve(size))
    }

    /// - Parameter stride: from row to row of x; where it is below `inputs`, rows overlap, as a convolution's do.
    func apply(
        rows: Int, x: UnsafePointer<Float>, stride: Int, y: UnsafeMutablePointer<Float>, outputStride: Int,
        scratch: Memory<UInt8>
    ) {
        guard rows > 0 else { return }
        let table = kernels.table.pointee
        let size = table.product_scratch_size(Int32(inputs), precision.code, Int32(rows))
        table.product(
            packed.pointer, Int32(outputs), Int32(inputs), precision.code, Int32(rows), x, stride, bias.pointer, y,
            outputStride, scratch.reserve(size))
        scratch.release()
    }

    /// The way back, `dx = dy · W`: rows × inputs from rows × outputs.
    ///
    /// - Parameter stride: from row to row of dy; contiguous where nil.
    func applyTransposed(rows: Int, dy: UnsafePointer<Float>, stride: Int? = nil, dx: UnsafeMutablePointer<Float>) {
        guard rows > 0 else { return }
        kernels.table.pointee.product(
            transposedPacked.pointer, Int32(inputs), Int32(outputs), Precision.fp32.code, Int32(rows), dy,
            stride ?? outputs, nil, dx, inputs, nil)
    }

    /// The weights as the kernels want them; valid once packed.
    var packedWeights: UnsafeRawPointer { UnsafeRawPointer(packed.pointer) }
}
