import CDuctusKernels
import CDuctusOpenBLAS
import Foundation
import Synchronization

/// The implementation of a network's large products with 32-bit weights, which go over many frames at once.
public enum LargeProducts: String, CaseIterable, Sendable {
    /// The kernels of the instruction set.
    case kernels
    /// OpenBLAS, on the caller's thread.
    case openBLAS = "openblas"

    /// The faster way to multiply large matrices on this processor. The environment variable `DUCTUS_PRODUCTS` names
    /// it; else a measurement at first use decides.
    ///
    /// The kernels for AVX-512 are as fast as OpenBLAS or faster wherever they were measured (docs/layers.md): there
    /// nothing is measured, and the numbers are the same in every run. Elsewhere OpenBLAS must be faster by a fifth.
    ///
    /// - Throws: `NetworkError.unknownProducts`.
    public static func selected(for set: InstructionSet) throws(NetworkError) -> LargeProducts {
        if let name = ProcessInfo.processInfo.environment["DUCTUS_PRODUCTS"], !name.isEmpty {
            guard let products = LargeProducts(rawValue: name) else { throw .unknownProducts(name) }
            return products
        }
        switch set {
        case .avx512, .avx512bf16, .avx512vnni: return .kernels
        case .portable, .avx2, .neon: return measured(for: set)
        }
    }

    private static let measurements = Mutex<[InstructionSet: LargeProducts]>([:])

    private static func measured(for set: InstructionSet) -> LargeProducts {
        measurements.withLock { known in
            if let products = known[set] { return products }
            let rates = LargeProducts.allCases.map { rate(of: $0, set) }
            let products: LargeProducts = rates[1] > 1.2 * rates[0] ? .openBLAS : .kernels
            known[set] = products
            return products
        }
    }

    /// Floating-point operations per second of a product as networks have it: 192 frames, 192 inputs, 384 outputs. A
    /// few milliseconds.
    public static func rate(of products: LargeProducts, _ set: InstructionSet) -> Double {
        guard let base = set.table else { return 0 }
        let table = (products == .openBLAS ? OpenBLAS.table(of: set) ?? base : base).pointee
        let (rows, inputs, outputs) = (192, 192, 384)
        let (x, weights, y, packed) = (Memory<Float>(), Memory<Float>(), Memory<Float>(), Memory<UInt8>())
        x.reserve(rows * inputs).update(repeating: 0.5, count: rows * inputs)
        weights.reserve(outputs * inputs).update(repeating: 0.5, count: outputs * inputs)
        let size = table.product_pack_size(Int32(outputs), Int32(inputs), DUCTUS_PRECISION_FLOAT32)
        table.product_pack(
            Int32(outputs), Int32(inputs), DUCTUS_PRECISION_FLOAT32, weights.pointer, packed.reserve(size))
        let result = y.reserve(rows * outputs)
        var best = Double.infinity
        for _ in 0..<5 {
            let begin = nanoseconds()
            table.product(
                packed.pointer, Int32(outputs), Int32(inputs), DUCTUS_PRECISION_FLOAT32, Int32(rows), x.pointer, inputs,
                nil,
                result, outputs, nil)
            best = min(best, Double(nanoseconds() - begin))
        }
        return 2 * Double(rows * inputs * outputs) / (best * 1e-9)
    }

    private static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// OpenBLAS behind the kernels' tables.
enum OpenBLAS {
    /// OpenBLAS would start a thread per processor, but lanes and training shards run in parallel already.
    private static let useOneThread: Void = openblas_set_num_threads(1)

    private static let tables = Mutex<[InstructionSet: Address]>([:])

    /// A table's address. Unchecked, because nobody writes to the table once it is here.
    private struct Address: @unchecked Sendable {
        let table: UnsafePointer<ductus_kernels>
    }

    /// A table like the set's, with OpenBLAS for large products; nil where this processor cannot run the set.
    static func table(of set: InstructionSet) -> UnsafePointer<ductus_kernels>? {
        _ = useOneThread
        return tables.withLock { known in
            if let address = known[set] { return address.table }
            guard let base = set.table else { return nil }
            let table = ductus_kernels_with_large_products(base) {
                rows, columns, depth, a, aStep, transposesA, b, bStep, transposesB, c, cStep in
                cblas_sgemm(
                    CblasRowMajor, transposesA ? CblasTrans : CblasNoTrans, transposesB ? CblasTrans : CblasNoTrans,
                    rows,
                    columns, depth, 1, a, Int32(aStep), b, Int32(bStep), 1, c, Int32(cStep))
            }
            known[set] = Address(table: table)
            return table
        }
    }
}
