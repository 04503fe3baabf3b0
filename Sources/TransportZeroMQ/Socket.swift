import CDuctusZeroMQ
import DuctusTransport
import Glibc

/// One ZeroMQ socket. It belongs to the thread that uses it; handing it to another is allowed only as a whole, before
/// or after use, never shared.
package final class Socket {
    package enum Kind: String, Sendable {
        case publish = "PUB"
        case subscribe = "SUB"
        case xpub = "XPUB"
        case router = "ROUTER"
        case dealer = "DEALER"
        case pair = "PAIR"

        var number: Int32 {
            switch self {
            case .publish: ZMQ_PUB
            case .subscribe: ZMQ_SUB
            case .xpub: ZMQ_XPUB
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .pair: ZMQ_PAIR
            }
        }
    }

    package let kind: Kind
    let context: Context
    let handle: UnsafeMutableRawPointer
    private let permissions: UInt32?
    private let reader = SocketReader()

    package init(_ kind: Kind, context: Context, options: SocketOptions = SocketOptions()) throws(TransportFault) {
        guard let handle = zmq_socket(context.handle, kind.number) else { throw .socket(kind, code: zmq_errno()) }
        self.kind = kind
        self.context = context
        self.handle = handle
        permissions = options.permissions
        try apply(options)
    }

    deinit { zmq_close(handle) }

    /// Listens.
    /// - Returns: The endpoint with wildcards resolved: `tcp://127.0.0.1:*` gets its port.
    @discardableResult
    package func bind(_ endpoint: Endpoint) throws(TransportFault) -> Endpoint {
        guard zmq_bind(handle, endpoint.description) == 0 else {
            throw .bind(endpoint.description, code: zmq_errno())
        }
        if let permissions, let path = endpoint.path, chmod(path, permissions) != 0 {
            throw .permissions(endpoint.description, code: errno)
        }
        return try lastEndpoint() ?? endpoint
    }

    /// Takes the connections that the handover is given; the socket owns its descriptor from now on.
    func listen(on handover: Handover) throws(TransportFault) {
        try set("the handover", ZMQ_USE_FD, bytesOf: handover.descriptor)
        guard zmq_bind(handle, handover.endpoint) == 0 else {
            throw .bind(handover.endpoint, code: zmq_errno())
        }
        try set("the handover", ZMQ_USE_FD, bytesOf: Int32(-1))
    }

    /// Becomes readable when something happened on the socket. ZeroMQ tells each event once: who waits for it must take messages until
    /// there are none, also after sending.
    func wakeDescriptor() throws(TransportFault) -> Int32 {
        var descriptor: Int32 = -1
        var size = MemoryLayout<Int32>.size
        guard zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size) == 0 else {
            throw .option("the descriptor to wait for", of: kind, code: zmq_errno())
        }
        return descriptor
    }

    /// Connects, now or as soon as somebody listens there, and again whenever the connection breaks.
    package func connect(_ endpoint: Endpoint) throws(TransportFault) {
        guard zmq_connect(handle, endpoint.description) == 0 else {
            throw .connect(endpoint.description, code: zmq_errno())
        }
    }

    /// SUB: takes topics that begin with `prefix`.
    package func subscribe(_ prefix: some Collection<UInt8>) throws(TransportFault) {
        try filter(prefix, ZMQ_SUBSCRIBE)
    }

    package func unsubscribe(_ prefix: some Collection<UInt8>) throws(TransportFault) {
        try filter(prefix, ZMQ_UNSUBSCRIBE)
    }

    /// XPUB: puts the subscription, or its end, in force that was taken last.
    func confirm(_ subscription: Subscription) throws(TransportFault) {
        try filter(subscription.prefix, subscription.begins ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE)
    }

    private func filter(_ prefix: some Collection<UInt8>, _ option: Int32) throws(TransportFault) {
        let prefix = Array(prefix)
        guard zmq_setsockopt(handle, option, prefix, prefix.count) == 0 else {
            throw .option("a subscription", of: kind, code: zmq_errno())
        }
    }

    /// Sends one message.
    /// - Parameter waits: Whether to wait for room (as long as the send timeout allows).
    /// - Returns: False where it would have had to wait (longer), or where nobody of that name is connected.
    @discardableResult
    package func send(_ frames: [[UInt8]], waits: Bool = false) throws(TransportFault) -> Bool {
        for (index, frame) in frames.enumerated() {
            guard try send(frame, more: index + 1 < frames.count, waits: waits) else { return false }
        }
        return true
    }

    /// The same for two frames, without an array around them.
    func send(_ topic: [UInt8], _ payload: [UInt8], waits: Bool) throws(TransportFault) -> Bool {
        guard try send(topic, more: true, waits: waits) else { return false }
        return try send(payload, more: false, waits: waits)
    }

    private func send(_ frame: [UInt8], more: Bool, waits: Bool) throws(TransportFault) -> Bool {
        let flags = (more ? ZMQ_SNDMORE : 0) | (waits ? 0 : ZMQ_DONTWAIT)
        while zmq_send(handle, frame, frame.count, flags) < 0 {
            switch zmq_errno() {
            case EINTR: continue
            case EAGAIN, EHOSTUNREACH: return false
            case let code: throw .send(kind, code: code)
            }
        }
        return true
    }

    /// Takes one message, if there is one. One with more than `maximumFrames` frames is thrown away.
    /// - Parameters:
    ///   - asksPeer: Whether to tell the batch who sent it, and on which connection; costs about a microsecond.
    ///   - hasRoom: Asked about long frames, where peers are asked for.
    func receive(
        into batch: MessageBatch, maximumFrames: Int, asksPeer: Bool, hasRoom: SocketReader.Question? = nil
    ) throws(TransportFault) -> SocketReader.Outcome {
        try reader.receive(
            from: self, into: batch, maximumFrames: maximumFrames, asksPeer: asksPeer, hasRoom: hasRoom)
    }

    /// Waits until a message can be received.
    package func waitForInput(milliseconds: Int) throws(TransportFault) -> Bool {
        let deadline = Deadline(milliseconds: milliseconds)
        while true {
            var item = zmq_pollitem_t(socket: handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0)
            let ready = zmq_poll(&item, 1, deadline.remaining)
            if ready >= 0 { return ready > 0 }
            guard zmq_errno() == EINTR else { throw .poll(code: zmq_errno()) }
        }
    }

    private func lastEndpoint() throws(TransportFault) -> Endpoint? {
        var text = [CChar](repeating: 0, count: 512)
        var count = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else { return nil }
        return try? Endpoint(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
