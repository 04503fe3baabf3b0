import CDuctusZeroMQ
import DuctusTransport
import Glibc

/// The publishing side of a client: connects to the daemon, and does not send before the daemon has subscribed, so that
/// the first message is not lost. Belongs to one thread.
///
/// For example:
/// ```swift
/// let publisher = try Publisher(context: context, endpoint: ink)
/// try publisher.waitForSubscription(to: topic, milliseconds: 5000)
/// try publisher.send(topic: topic, payload: hello)
/// ```
package final class Publisher {
    private let socket: Socket
    private let monitor: SocketMonitor
    private let endpoint: Endpoint
    private let batch = MessageBatch()
    /// Of the connection that stands.
    private var prefixes: Set<[UInt8]> = []
    private var isConnected: Bool
    private var refusal: String?
    /// Subscribed to since somebody last asked.
    private var newPrefixes: Set<[UInt8]> = []
    private var absorbed = Deadline(milliseconds: 0)
    private var isTaken: (topic: [UInt8], answer: Bool)?
    /// If set, a subscription is in force only after `takeNewSubscription` has returned it.
    private let confirmedTopic: [UInt8]?

    /// - Parameters:
    ///   - sendTimeout: The milliseconds for which `send` waits while the daemon takes nothing. Then it fails.
    ///   - confirmedTopic: The one topic that is sent, to one of several daemons. Then nothing is sent to a daemon before
    ///     `takeNewSubscription` has told that it takes the topic, so that what it missed can be sent first; and a daemon that does not
    ///     take what is sent keeps nobody waiting: it loses it.
    package init(
        context: Context, endpoint: Endpoint, security: SocketOptions.Security = .none, sendTimeout: Int = 10_000,
        linger: Int = 2_000, confirmedTopic: [UInt8]? = nil
    ) throws(TransportFault) {
        self.confirmedTopic = confirmedTopic
        var options = SocketOptions()
        options.everySubscription = true
        options.confirmsSubscriptions = confirmedTopic != nil
        options.waitsWhenFull = confirmedTopic == nil
        options.forgetsLostPeer = true
        options.sendTimeout = sendTimeout
        options.linger = linger
        options.security = security
        socket = try Socket(.xpub, context: context, options: options)
        monitor = try SocketMonitor(of: socket)
        self.endpoint = endpoint
        // Within a process there is no connection that could be watched, or break.
        isConnected = endpoint.scheme == .inproc
        try socket.connect(endpoint)
    }

    /// Waits until the daemon takes this topic.
    /// - Throws: `TransportFault.timeout`, or `.refused` where the keys are turned down.
    package func waitForSubscription(to topic: [UInt8], milliseconds: Int) throws(TransportFault) {
        let deadline = Deadline(milliseconds: milliseconds)
        while try !isSubscribed(to: topic) {
            if let reason = refusal {
                refusal = nil
                throw .refused(endpoint: endpoint.description, reason: reason)
            }
            guard deadline.remaining > 0 else {
                throw .timeout(
                    waitingFor: "subscription", endpoint: endpoint.description, milliseconds: milliseconds)
            }
            var items = [
                zmq_pollitem_t(socket: socket.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0),
                zmq_pollitem_t(socket: monitor.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0),
            ]
            guard zmq_poll(&items, 2, deadline.remaining) >= 0 || zmq_errno() == EINTR else {
                throw .poll(code: zmq_errno())
            }
        }
    }

    /// Where it connects, for people.
    package var name: String { endpoint.description }

    /// Waits until something happens on the connection, or the time is over.
    package func waitForNews(milliseconds: Int) throws(TransportFault) {
        _ = try socket.waitForInput(milliseconds: milliseconds)
    }

    /// Sends, and waits while the daemon's queue is full.
    /// - Returns: False where nobody takes this topic at present (the daemon restarts): the message went nowhere.
    @discardableResult
    package func send(topic: [UInt8], payload: [UInt8]) throws(TransportFault) -> Bool {
        // Asking the socket for subscriptions costs as much as a message: a busy publisher does it now and then.
        if absorbed.remaining == 0, confirmedTopic == nil { try absorb() }
        if isTaken?.topic != topic { isTaken = (topic, isConnected && prefixes.contains { topic.starts(with: $0) }) }
        guard try socket.send(topic, payload, waits: true) else { throw .send(.xpub, code: EAGAIN) }
        return isTaken?.answer ?? false
    }

    package func isSubscribed(to topic: [UInt8]) throws(TransportFault) -> Bool {
        try absorb()
        return isConnected && prefixes.contains { topic.starts(with: $0) }
    }

    /// Whether somebody subscribed to this topic since the last call: the moment to say hello (again).
    package func takeNewSubscription(to topic: [UInt8]) throws(TransportFault) -> Bool {
        try absorb()
        defer { newPrefixes = [] }
        return newPrefixes.contains { topic.starts(with: $0) }
    }

    private func absorb() throws(TransportFault) {
        absorbed = Deadline(milliseconds: 5)
        isTaken = nil
        try followConnection()
        while true {
            batch.removeAll()
            switch try socket.receive(into: batch, maximumFrames: 1, asksPeer: false) {
            case .none: return
            case .overlong, .refused: continue
            case .message: break
            }
            guard let subscription = batch.withFrame(0, 0, { Subscription($0) }) else { continue }
            // It may be the first of a new connection; then the end of the old one has been told before it.
            try followConnection()
            if let confirmedTopic {
                // A cell's daemons subscribe to hundreds of slots.
                guard confirmedTopic.starts(with: subscription.prefix) else { continue }
                try socket.confirm(subscription)
            }
            if subscription.begins {
                prefixes.insert(subscription.prefix)
                newPrefixes.insert(subscription.prefix)
            } else {
                prefixes.remove(subscription.prefix)
                newPrefixes.remove(subscription.prefix)
            }
        }
    }

    /// A connection that broke takes its subscriptions with it. ZeroMQ says so only some turns later, so without this the next question
    /// would be answered from the dead connection, and what is sent then would go nowhere.
    private func followConnection() throws(TransportFault) {
        while let event = try monitor.next(milliseconds: 0) {
            switch event {
            case .handshakeSucceeded:
                isConnected = true
                refusal = nil
            case .handshakeFailed(let reason): refusal = reason
            case .disconnected:
                isConnected = false
                prefixes = []
                newPrefixes = []
            case .connected, .other: break
            }
        }
    }
}
