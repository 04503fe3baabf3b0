import CDuctusOpenBLAS

/// A plain product of square matrices by OpenBLAS: a yardstick of benchmarks.
public enum LargeProduct {
    /// OpenBLAS starts a thread per processor.
    private static let useOneThread: Void = openblas_set_num_threads(1)

    /// `c = a · bᵀ`, all of them size × size, on one thread.
    public static func multiply(_ a: [Float], _ b: [Float], into c: inout [Float], size: Int) {
        precondition(a.count == size * size && b.count == size * size && c.count == size * size, "square matrices")
        _ = useOneThread
        let stride = Int32(size)
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, stride, stride, stride, 1, a, stride, b, stride, 0, &c, stride)
    }
}
