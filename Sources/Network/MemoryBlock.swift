#if DUCTUS_GUARD_PAGES
    import Glibc
#endif

/// A piece of memory that is freed with its only owner; all zero at the begin.
struct MemoryBlock: ~Copyable {
    /// Bytes per cache line and alignment of packed weights and scratch.
    static var alignment: Int { 64 }

    let address: UnsafeMutableRawPointer

    #if DUCTUS_GUARD_PAGES
        private let base: UnsafeMutableRawPointer
        private let length: Int

        /// The last byte lies before a page without access.
        init(byteCount: Int) {
            let page = Int(getpagesize())
            let rounded = (byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
            length = (rounded + page - 1) / page * page + page
            let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let mapped, mapped != MAP_FAILED else { fatalError("no memory for a buffer with guard pages") }
            base = mapped
            precondition(mprotect(base + length - page, page, PROT_NONE) == 0, "mprotect")
            address = base + (length - page - rounded)
        }

        /// The addresses are never used again: a late access stops the program.
        deinit {
            _ = mmap(base, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0)
        }
    #else
        init(byteCount: Int) {
            address = .allocate(byteCount: byteCount, alignment: Self.alignment)
            address.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        }

        deinit {
            address.deallocate()
        }
    #endif
}
