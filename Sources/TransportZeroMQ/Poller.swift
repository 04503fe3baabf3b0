import CDuctusZeroMQ
import Glibc

/// Waits for any number of descriptors at once (epoll). Belongs to one thread.
final class Poller {
    private let descriptor: Int32
    private var events = [epoll_event](repeating: epoll_event(), count: 256)

    init() throws(TransportFault) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .signal(code: errno) }
    }

    deinit { close(descriptor) }

    /// - Parameter tag: Comes back from `wait` whenever the descriptor is readable.
    func add(_ watched: Int32, tag: UInt64) throws(TransportFault) {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: tag))
        guard epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0 else { throw .signal(code: errno) }
    }

    func remove(_ watched: Int32) { epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil) }

    /// The tags of those that are readable; none after the time, or when a signal came.
    /// - Parameter milliseconds: Negative: waits for ever.
    func wait(milliseconds: Int) throws(TransportFault) -> [UInt64] {
        let count = epoll_wait(descriptor, &events, Int32(events.count), Int32(clamping: milliseconds))
        guard count >= 0 else {
            if errno == EINTR { return [] }
            throw .poll(code: errno)
        }
        return events[..<Int(count)].map(\.data.u64)
    }
}
