import CDuctusKernels

/// The gradients of weight matrices that the same numbers were the outputs of: `gradient += dyᵀ · inputs`, summed over
/// frames.
struct WeightGradient {
    /// One matrix: what its inputs were, frame by frame, and where its gradient goes.
    struct Part {
        let rows: UnsafePointer<UnsafePointer<Float>>
        /// Numbers in a row.
        let width: Int
        /// The number of first outputs that have these weights.
        let outputs: Int
        /// outputs × width.
        let gradient: UnsafeMutablePointer<Float>
        /// The distance of two rows of the gradient; nil: `width`.
        var stride: Int?
    }

    let kernels: Kernels
    let shared: ReturnScratch

    init(_ call: LayerReturn) {
        kernels = call.kernels
        shared = call.shared
    }

    /// - Parameters:
    ///   - dy: the loss' derivative by `W x + b`, frames × outputs, with a stride.
    ///   - sums: receives, by adding, the bias' gradient; nil if not wanted.
    func add(
        frames: Int, dy: UnsafePointer<Float>, stride: Int, outputs: Int, sums: UnsafeMutablePointer<Float>?,
        _ first: Part,
        _ second: Part? = nil
    ) {
        let table = kernels.table.pointee
        let parts = shared.parts.reserve(2)
        parts[0] = ductus_gradient_part(first)
        if let second { parts[1] = ductus_gradient_part(second) }
        let count: Int32 = second == nil ? 1 : 2
        let scratch = shared.packed.reserve(table.weight_gradient_scratch_size(parts, count))
        table.weight_gradient(Int32(frames), dy, stride, Int32(outputs), parts, count, sums, scratch)
        shared.packed.release()
    }

    /// Pointers to the rows of a matrix.
    static func rows(
        _ matrix: UnsafePointer<Float>, count: Int, stride: Int, in memory: Memory<UnsafePointer<Float>>
    ) -> UnsafePointer<UnsafePointer<Float>> {
        let rows = memory.reserve(count)
        for row in 0..<count { rows[row] = matrix + row * stride }
        return UnsafePointer(rows)
    }
}

extension ductus_gradient_part {
    fileprivate init(_ part: WeightGradient.Part) {
        self.init(
            rows: part.rows, width: Int32(part.width), outputs: Int32(part.outputs), gradient: part.gradient,
            stride: part.stride ?? part.width)
    }
}
