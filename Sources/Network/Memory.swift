/// Memory that grows to what was ever asked of it and is then used again: a warm workspace allocates nothing.
///
/// Its contents do not survive growth. It is aligned to a cache line, as the kernels ask.
final class Memory<Element: BitwiseCopyable> {
    private var raw: UnsafeMutableRawPointer
    private var capacity: Int

    init() {
        capacity = 0
        raw = .allocate(byteCount: Kernels.alignment, alignment: Kernels.alignment)
    }

    deinit {
        raw.deallocate()
    }

    /// Room for `count` elements, whose values are undefined.
    func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
        if count > capacity {
            raw.deallocate()
            capacity = count + count / 4
            // One line more, so that a kernel may read a whole vector at the end.
            let bytes = capacity * MemoryLayout<Element>.stride + Kernels.alignment
            raw = .allocate(byteCount: bytes, alignment: Kernels.alignment)
            raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        }
        return pointer
    }

    /// What `reserve` gave last.
    var pointer: UnsafeMutablePointer<Element> {
        raw.assumingMemoryBound(to: Element.self)
    }

    var constant: UnsafePointer<Element> { UnsafePointer(pointer) }

    var byteCount: Int { capacity * MemoryLayout<Element>.stride }
}
