import CDuctusKernels
import Testing

/// A table of kernels under test.
struct KernelTable: @unchecked Sendable, CustomTestStringConvertible {
    // Unchecked: the pointer leads to a constant.
    let pointer: UnsafePointer<ductus_kernels>

    var kernels: ductus_kernels { pointer.pointee }
    var name: String { String(cString: kernels.name) }
    var testDescription: String { name }

    /// All tables of this build, also those that this processor cannot run.
    static var names: [String] {
        var names: [String] = []
        while let name = ductus_kernels_name(Int32(names.count)) { names.append(String(cString: name)) }
        return names
    }

    static func named(_ name: String) -> KernelTable? { ductus_kernels_named(name).map(KernelTable.init) }

    static var available: [KernelTable] { names.compactMap(named) }
}

/// One test per instruction set, so that a report shows which ones this processor could not run.
@Suite struct InstructionSets {
    @Test(.enabled(if: KernelTable.named("avx2") != nil, "this processor has no AVX2 with FMA"))
    func avx2IsTested() { expectInBuild("avx2") }

    @Test(.enabled(if: KernelTable.named("avx512") != nil, "this processor has no AVX-512"))
    func avx512IsTested() { expectInBuild("avx512") }

    @Test(.enabled(if: KernelTable.named("avx512bf16") != nil, "this processor has no AVX-512 with bf16"))
    func avx512bf16IsTested() { expectInBuild("avx512bf16") }

    @Test(.enabled(if: KernelTable.named("avx512vnni") != nil, "this processor has no AVX-512 with VNNI"))
    func avx512vnniIsTested() { expectInBuild("avx512vnni") }

    @Test func aPortableTableIsAlwaysThere() {
        #if arch(arm64)
            #expect(KernelTable.named("neon") != nil)
        #else
            #expect(KernelTable.named("portable") != nil)
        #endif
    }

    @Test func theBestTableIsTheLastAvailable() {
        #expect(KernelTable(pointer: ductus_kernels_best()).name == KernelTable.available.last?.name)
    }

    @Test func unknownNamesGiveNothing() {
        #expect(KernelTable.named("avx1024") == nil)
        #expect(KernelTable.named("") == nil)
        #expect(ductus_kernels_name(-1) == nil)
    }

    private func expectInBuild(_ name: String) {
        #expect(KernelTable.available.contains { $0.name == name })
    }
}
