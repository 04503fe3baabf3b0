import CDuctusZeroMQ
import DuctusTransport
import Synchronization

/// Tells what happens to a socket's connections. Belongs to the thread of its socket.
package final class SocketMonitor {
    package enum Event: Equatable, Sendable {
        case connected
        case handshakeSucceeded
        case handshakeFailed(reason: String)
        case disconnected
        case other(UInt16)
    }

    private static let serial = Atomic<UInt64>(0)

    private let socket: Socket
    private let pair: Socket
    private let batch = MessageBatch()

    package init(of socket: Socket) throws(TransportFault) {
        let number = Self.serial.add(1, ordering: .relaxed).newValue
        let endpoint = try Endpoint("inproc://monitor-\(number)")
        let events =
            ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
            | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        guard zmq_socket_monitor(socket.handle, endpoint.description, events) == 0 else {
            throw .option("a monitor", of: socket.kind, code: zmq_errno())
        }
        self.socket = socket
        pair = try Socket(.pair, context: socket.context)
        try pair.connect(endpoint)
    }

    /// Ends the reports before their reader is closed. Otherwise libzmq's thread, with the next event of the socket, would wait for
    /// a reader for ever, and with it all sockets of the context.
    deinit {
        while (try? next(milliseconds: 0)) != nil {}
        zmq_socket_monitor(socket.handle, nil, 0)
    }

    var handle: UnsafeMutableRawPointer { pair.handle }

    /// The next event, or nil if none comes in time.
    package func next(milliseconds: Int) throws(TransportFault) -> Event? {
        guard try pair.waitForInput(milliseconds: milliseconds) else { return nil }
        batch.removeAll()
        guard try pair.receive(into: batch, maximumFrames: 2, asksPeer: false) == .message else { return nil }
        return batch.withFrame(0, 0) { frame in
            // zmq_socket_monitor(3): 16 bits of event, 32 bits of value, in the machine's byte order.
            guard frame.count >= 6 else { return nil }
            let event = frame.loadUnaligned(fromByteOffset: 0, as: UInt16.self)
            let value = frame.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
            return switch Int32(event) {
            case ZMQ_EVENT_CONNECTED: .connected
            case ZMQ_EVENT_DISCONNECTED: .disconnected
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: .handshakeSucceeded
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: .handshakeFailed(reason: "this key is not allowed (\(value))")
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
                .handshakeFailed(
                    reason:
                        "the two sides do not agree on keys (is the server's key right, and one given at all?), or there are too many connections"
                )
            default: .other(event)
            }
        }
    }
}
