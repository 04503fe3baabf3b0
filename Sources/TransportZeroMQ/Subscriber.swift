import CDuctusZeroMQ
import DuctusTransport
import Glibc
import Synchronization

/// The subscribing side of a client. Belongs to one thread.
///
/// ZeroMQ subscribes by prefix: `labels.p1` also brings `labels.p10`; compare whole topics.
package final class Subscriber {
    private static let serial = Atomic<UInt64>(0)

    private let socket: Socket
    private let monitor: SocketMonitor
    /// Where it connects, for people.
    private let name: String
    private let batch = MessageBatch()
    private var next = 0

    package convenience init(
        context: Context, endpoint: Endpoint, security: SocketOptions.Security = .none, maximumFrame: Int = 1 << 20
    ) throws(TransportFault) {
        try self.init(context: context, endpoints: [endpoint], security: security, maximumFrame: maximumFrame)
    }

    /// - Parameter endpoints: The daemons of a cell; messages of all of them come, whichever are there.
    package init(
        context: Context, endpoints: [Endpoint], security: SocketOptions.Security = .none, maximumFrame: Int = 1 << 20
    ) throws(TransportFault) {
        var options = SocketOptions()
        options.security = security
        options.maximumFrame = maximumFrame
        options.receiveHighWater = 100_000
        socket = try Socket(.subscribe, context: context, options: options)
        monitor = try SocketMonitor(of: socket)
        name = endpoints.map(\.description).joined(separator: ", ")
        for endpoint in endpoints { try socket.connect(endpoint) }
    }

    package func subscribe(_ prefix: [UInt8]) throws(TransportFault) { try socket.subscribe(prefix) }

    package func unsubscribe(_ prefix: [UInt8]) throws(TransportFault) { try socket.unsubscribe(prefix) }

    /// Waits until the subscriptions made so far are in force: subscribes to a topic of its own below `prefix`, which the
    /// daemon answers at once (`Port.answersSubscriptionsTo`). Messages that come before the answer are thrown away.
    /// - Throws: `TransportFault.timeout`, or `.refused` where the keys are turned down.
    package func waitUntilSubscribed(askingOn prefix: String = "ready.", milliseconds: Int) throws(TransportFault) {
        let number = Self.serial.add(1, ordering: .relaxed).newValue
        let topic = Array("\(prefix)\(getpid())-\(number)".utf8)
        try socket.subscribe(topic)
        let deadline = Deadline(milliseconds: milliseconds)
        while true {
            var items = [
                zmq_pollitem_t(socket: socket.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0),
                zmq_pollitem_t(socket: monitor.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0),
            ]
            guard zmq_poll(&items, 2, deadline.remaining) >= 0 || zmq_errno() == EINTR else {
                throw .poll(code: zmq_errno())
            }
            while let frames = try receive(milliseconds: 0) {
                if frames.first == topic { return try socket.unsubscribe(topic) }
            }
            while case let event? = try monitor.next(milliseconds: 0) {
                if case .handshakeFailed(let reason) = event {
                    throw .refused(endpoint: name, reason: reason)
                }
            }
            guard deadline.remaining > 0 else {
                throw .timeout(waitingFor: "answer", endpoint: name, milliseconds: milliseconds)
            }
        }
    }

    /// An event of the subscriber: a message, or a change of the connection.
    package enum Arrival: Equatable, Sendable {
        case message([[UInt8]])
        case connection(isUp: Bool)
    }

    /// Waits for a message or for a change of the connection, without end.
    package func arrival() throws(TransportFault) -> Arrival {
        while true {
            if let frames = try receive(milliseconds: 0) { return .message(frames) }
            while let event = try monitor.next(milliseconds: 0) {
                switch event {
                case .handshakeSucceeded: return .connection(isUp: true)
                case .disconnected: return .connection(isUp: false)
                case .handshakeFailed(let reason): throw .refused(endpoint: name, reason: reason)
                case .connected, .other: continue
                }
            }
            var items = [
                zmq_pollitem_t(socket: socket.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0),
                zmq_pollitem_t(socket: monitor.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0),
            ]
            guard zmq_poll(&items, 2, -1) >= 0 || zmq_errno() == EINTR else { throw .poll(code: zmq_errno()) }
        }
    }

    /// The next message's frames, or nil if none comes in time.
    package func receive(milliseconds: Int) throws(TransportFault) -> [[UInt8]]? {
        if next >= batch.count {
            next = 0
            batch.removeAll()
            if milliseconds > 0, try !socket.waitForInput(milliseconds: milliseconds) { return nil }
            while batch.count < 512 {
                guard try socket.receive(into: batch, maximumFrames: 8, asksPeer: false) != .none else { break }
            }
            guard batch.count > 0 else { return nil }
        }
        defer { next += 1 }
        return batch.frames(next)
    }
}
