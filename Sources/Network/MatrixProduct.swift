import COpenBLAS

/// Large products of row-major matrices, by OpenBLAS.
enum MatrixProduct {
    /// OpenBLAS starts a thread per processor; lanes and training threads are the parallelism here.
    private static let useOneThread: Void = openblas_set_num_threads(1)

    /// A row-major matrix in somebody else's memory.
    struct Matrix {
        let base: UnsafePointer<Float>
        let stride: Int
    }

    /// `c = a · bᵀ + keep · c`, c being rows × columns and `inner` the width of a and b.
    static func multiplyTransposed(
        _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, inner: Int, keep: Float
    ) {
        multiply(a, CblasNoTrans, b, CblasTrans, c, stride, rows, columns, inner, keep)
    }

    /// `c = a · b + keep · c`, c being rows × columns and `inner` the width of a and the height of b.
    static func multiply(
        _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, inner: Int, keep: Float
    ) {
        multiply(a, CblasNoTrans, b, CblasNoTrans, c, stride, rows, columns, inner, keep)
    }

    /// `c = aᵀ · b + keep · c`, c being rows × columns and `inner` the height of a and b: the gradient of a weight matrix.
    static func transposedMultiply(
        _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, inner: Int, keep: Float
    ) {
        multiply(a, CblasTrans, b, CblasNoTrans, c, stride, rows, columns, inner, keep)
    }

    private static func multiply(
        _ a: Matrix, _ aTransposed: CBLAS_TRANSPOSE, _ b: Matrix, _ bTransposed: CBLAS_TRANSPOSE, _ c: UnsafeMutablePointer<Float>,
        _ stride: Int, _ rows: Int, _ columns: Int, _ inner: Int, _ keep: Float
    ) {
        // OpenBLAS refuses a stride of 0, as an empty matrix has.
        guard rows > 0, columns > 0, inner > 0 || keep != 1 else { return }
        _ = useOneThread
        cblas_sgemm(
            CblasRowMajor, aTransposed, bTransposed, Int32(rows), Int32(columns), Int32(inner), 1, a.base, Int32(a.stride), b.base,
            Int32(b.stride), keep, c, Int32(stride))
    }
}
