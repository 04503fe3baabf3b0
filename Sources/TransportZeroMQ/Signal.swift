import CDuctusZeroMQ
import Glibc

/// Wakes a thread that waits in `zmq_poll`.
/// Raised once and never lowered it is a latch that any number of threads can wait for.
package final class Signal: Sendable {
    package let descriptor: Int32

    package init() throws(TransportFault) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .signal(code: errno) }
    }

    deinit { close(descriptor) }

    package func raise() {
        var one: UInt64 = 1
        // Fails only when the counter is full, and then the waiter wakes anyway.
        _ = write(descriptor, &one, 8)
    }

    package func lower() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
