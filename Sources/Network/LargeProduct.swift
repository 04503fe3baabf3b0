/// A plain product of square matrices: the yardstick of benchmarks.
public enum LargeProduct {
    /// `c = a · bᵀ`, all of them size × size, on one thread.
    public static func multiply(_ a: [Float], _ b: [Float], into c: inout [Float], size: Int) {
        precondition(a.count == size * size && b.count == size * size && c.count == size * size, "square matrices")
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    MatrixProduct.multiplyTransposed(
                        .init(base: a, stride: size), .init(base: b, stride: size), into: c, stride: size, rows: size,
                        columns: size, inner: size, keep: 0)
                }
            }
        }
    }
}
