/// Memory that grows to the largest size ever asked for, and is then reused, so that a warm workspace allocates
/// nothing.
///
/// Its contents do not survive growth. It is aligned to a cache line, as the kernels ask.
///
/// A buffer that a kernel works in cannot move: memory that belongs to a lease and was handed out in the present call
/// traps where it would have to grow again before `release()` or the lease's next call. Built with
/// `DUCTUS_GUARD_PAGES=1`, a page without access lies behind every buffer, and freed memory stays without access, so
/// that a stray read or write stops the program at once.
public final class Memory<Element: BitwiseCopyable> {
    private var block: MemoryBlock
    private var capacity = 0
    private let lease: Lease?
    private var call: UInt = 0

    /// Memory without room yet. Where it belongs to a lease, it may not move while a call of the lease lasts.
    public init(lease: Lease? = nil) {
        block = MemoryBlock(byteCount: MemoryBlock.alignment)
        self.lease = lease
    }

    /// Room for `count` elements, whose values are undefined.
    public func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
        if count > capacity {
            if let lease { precondition(call != lease.call, "memory would move while a kernel may work in it") }
            capacity = count + count / 4
            // One line more, so that a kernel may read a whole vector at the end.
            block = MemoryBlock(byteCount: capacity * MemoryLayout<Element>.stride + MemoryBlock.alignment)
        }
        if let lease { call = lease.call }
        return pointer
    }

    /// Ends the use of the memory before the call ends, so that it may grow again.
    public func release() {
        call = 0
    }

    /// The memory that `reserve` returned last.
    public var pointer: UnsafeMutablePointer<Element> {
        block.address.assumingMemoryBound(to: Element.self)
    }

    /// The same memory for reading alone.
    public var constant: UnsafePointer<Element> { UnsafePointer(pointer) }

    /// Bytes it holds.
    public var byteCount: Int { capacity * MemoryLayout<Element>.stride }
}

/// Counts the calls in which memory is handed out: until the next one begins, that memory must not move.
public final class Lease {
    private(set) var call: UInt = 1

    /// A lease in its first call.
    public init() {}

    /// The former call is over, and nobody uses its pointers any more.
    func renew() { call += 1 }
}
