import CDuctusZeroMQ
import DuctusTransport
import Glibc

/// Asks a ROUTER socket one thing at a time. Belongs to one thread.
///
/// After a timeout the connection is thrown away, so that a late reply is never taken for that of a later request.
package final class ControlClient {
    private let context: Context
    private let endpoint: Endpoint
    private let options: SocketOptions
    private let batch = MessageBatch()
    private var connection: (socket: Socket, monitor: SocketMonitor)?

    package init(
        context: Context, endpoint: Endpoint, security: SocketOptions.Security = .none, maximumFrame: Int = 64 << 20
    ) {
        self.context = context
        self.endpoint = endpoint
        var options = SocketOptions()
        options.security = security
        options.maximumFrame = maximumFrame
        self.options = options
    }

    /// - Parameters:
    ///   - milliseconds: For each attempt.
    ///   - attempts: More than one only for requests that may safely be carried out twice.
    /// - Throws: `TransportFault.timeout`, or `.refused` where the keys are turned down.
    package func request(_ payload: [UInt8], milliseconds: Int, attempts: Int = 1) throws(TransportFault) -> [UInt8] {
        for _ in 0..<max(1, attempts) {
            if let reply = try attempt(payload, milliseconds: milliseconds) { return reply }
            connection = nil
        }
        throw .timeout(waitingFor: "reply", endpoint: endpoint.description, milliseconds: milliseconds)
    }

    private func attempt(_ payload: [UInt8], milliseconds: Int) throws(TransportFault) -> [UInt8]? {
        let (socket, monitor) = try connected()
        let deadline = Deadline(milliseconds: milliseconds)
        guard try socket.send([[], payload]) else { return nil }
        while deadline.remaining > 0 {
            var items = [
                zmq_pollitem_t(socket: socket.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0),
                zmq_pollitem_t(socket: monitor.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0),
            ]
            guard zmq_poll(&items, 2, deadline.remaining) >= 0 || zmq_errno() == EINTR else {
                throw .poll(code: zmq_errno())
            }
            batch.removeAll()
            if try socket.receive(into: batch, maximumFrames: 4, asksPeer: false) == .message {
                return batch.frame(0, batch.frameCount(0) - 1)
            }
            while case let event? = try monitor.next(milliseconds: 0) {
                if case .handshakeFailed(let reason) = event {
                    connection = nil
                    throw .refused(endpoint: endpoint.description, reason: reason)
                }
            }
        }
        return nil
    }

    private func connected() throws(TransportFault) -> (Socket, SocketMonitor) {
        if let connection { return connection }
        let socket = try Socket(.dealer, context: context, options: options)
        let monitor = try SocketMonitor(of: socket)
        try socket.connect(endpoint)
        connection = (socket, monitor)
        return (socket, monitor)
    }
}
