import Glibc

/// The memory that the C library's allocator manages.
package enum Heap {
    /// Returns freed memory to the system, after work that needed much for a moment, such as reading models. Does
    /// nothing with an allocator that cannot.
    package static func returnFreed() {
        // The Glibc module has no malloc.h.
        guard let address = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(address, to: (@convention(c) (Int) -> Int32).self)(0)
    }
}
