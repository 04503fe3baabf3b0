import CDuctusZeroMQ

/// ZeroMQ's own threads and everything its sockets share. One per process is enough; `inproc` endpoints and the
/// authenticator reach only sockets of the same context.
///
/// Each socket keeps its context alive, so it is torn down when the last of them is closed.
///
/// Unchecked, because the handle never changes and ZeroMQ documents contexts as safe to use from any thread.
package final class Context: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    /// - Parameter ioThreads: ZeroMQ moves about a gigabyte per second with one.
    package init(ioThreads: Int = 1) throws(TransportFault) {
        guard let handle = zmq_ctx_new() else { throw .context(code: zmq_errno()) }
        self.handle = handle
        // Every subscriber of the daemon has a socket; ZeroMQ's own limit is 1023.
        guard zmq_ctx_set(handle, ZMQ_IO_THREADS, Int32(clamping: max(1, ioThreads))) == 0,
            zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, zmq_ctx_get(handle, ZMQ_SOCKET_LIMIT)) == 0
        else {
            let code = zmq_errno()
            throw .context(code: code)
        }
    }

    deinit { zmq_ctx_term(handle) }
}
