import CDuctusKernels

/// The kernels of one instruction set.
///
/// Unchecked, because the table is a constant of the C module: nobody writes to it once it is here.
public struct Kernels: @unchecked Sendable {
    package let table: UnsafePointer<ductus_kernels>

    private init(table: UnsafePointer<ductus_kernels>) {
        self.table = table
    }

    /// - Parameter products: who does the large products; what `LargeProducts.selected(for:)` says where nil.
    /// - Throws: `NetworkError` where this processor cannot run the set, or where an environment variable names nothing there is.
    package init(_ set: InstructionSet, products: LargeProducts? = nil) throws(NetworkError) {
        guard let table = set.table else { throw .instructionSetUnavailable(set) }
        let chosen: LargeProducts
        if let products { chosen = products } else { chosen = try LargeProducts.selected(for: set) }
        self.table = chosen == .openBLAS ? OpenBLAS.table(of: set) ?? table : table
    }

    /// The kernels of code that belongs to no network, such as optimizers and norms.
    static let standard =
        (try? Kernels(InstructionSet.selected(), products: .kernels)) ?? Kernels(table: ductus_kernels_best())

    /// Bytes per cache line and alignment of packed weights and scratch.
    static let alignment = MemoryBlock.alignment
}
