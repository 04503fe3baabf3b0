import CDuctusZeroMQ
import DuctusTransport
import Glibc

/// One subscriber: an XPUB socket that has exactly one connection, and a queue for what the connection does not take at once.
///
/// The socket listens on a handover that is given one connection and no other. So whatever is sent on the socket goes to that client or
/// to nobody, and whatever arrives on it came from that client. Belongs to one thread.
final class SubscriberSocket {
    /// A frame from a subscriber is a prefix with a byte before it; in CURVE there is a little more around it, and the handshake has
    /// some hundred bytes. Longer ones end the connection.
    private static let maximumFrame = 1024
    /// Messages that ZeroMQ keeps itself; the queue here is counted in bytes.
    private static let highWater = 256
    /// Bytes that ZeroMQ keeps itself, unsent.
    private static let unsentBytes = 1 << 20
    /// Bytes of frames that may wait to be taken.
    private static let flow = Flow.Limits(connection: 1 << 20, together: 256 << 20)
    /// Prefixes that a client may ask for, and their bytes, whether it may have them or not: ZeroMQ keeps all of them, some 50 bytes a
    /// byte.
    private static let prefixes = (count: 4_096, bytes: 256 << 10)
    /// Descriptors: the connection, the handover, and the one by which the socket wakes its thread.
    static let descriptors = 3

    let socket: Socket
    let wake: Int32
    let connection: Connection
    private let flow: Flow
    private let handover: Handover
    private let ticket: Admission.Ticket
    private let queueBytes: Int
    private var queue: [Publication] = []
    private var queueHead = 0
    private var queuedBytes = 0
    private var asked: Set<[UInt8]> = []
    private var askedBytes = 0
    /// The number in the table, from the first subscription on: then it is known who the client is.
    var number: SubscriberTable.Number?
    var identity = PeerIdentity.unknown
    /// The bytes of welcome messages that it may still be sent.
    var welcome: WelcomeBudget

    /// - Parameter queueBytes: Bytes that may wait for this subscriber.
    /// - Throws: `TransportFault`; then the connection still belongs to the caller.
    init(
        _ descriptor: Int32, _ family: Handover.Family, ticket: Admission.Ticket, context: Context,
        security: SocketOptions.Security, queueBytes: Int, linger: Int
    ) throws(TransportFault) {
        guard let connection = Connection(descriptor) else { throw .signal(code: EBADF) }
        guard let flow = Flow(watching: descriptor, Self.flow) else { throw .signal(code: ENOMEM) }
        self.flow = flow
        self.connection = connection
        self.ticket = ticket
        self.queueBytes = queueBytes
        welcome = WelcomeBudget(now: Deadline.nanoseconds)
        var options = SocketOptions()
        options.security = security
        options.heartbeat = security.heartbeat
        options.maximumFrame = Self.maximumFrame
        options.sendHighWater = Self.highWater
        options.receiveHighWater = Self.highWater
        options.everySubscription = true
        options.waitsWhenFull = true
        options.linger = linger
        socket = try Socket(.xpub, context: context, options: options)
        handover = try Handover(family)
        wake = try socket.wakeDescriptor()
        try socket.listen(on: handover)
        guard handover.give(descriptor) else { throw .signal(code: ENOMEM) }
    }

    deinit {
        handover.clear()
        flow.forget()
    }

    /// Whether messages wait because of their bytes: ZeroMQ does not tell when there is room for those again.
    private(set) var isHeld = false

    /// Bytes that wait for room.
    var waiting: Int { queuedBytes }

    /// Sends, or keeps the message until there is room.
    /// - Parameter matters: May use the last quarter of the queue.
    /// - Returns: False if the queue was full: the message is lost to this subscriber.
    func send(_ message: Publication, matters: Bool) throws(TransportFault) -> Bool {
        if queueHead == queue.count, try pass(message) { return true }
        guard message.byteCount <= (matters ? queueBytes : queueBytes / 4 * 3) - queuedBytes else { return false }
        queue.append(message)
        queuedBytes += message.byteCount
        return true
    }

    /// Gives a message to ZeroMQ, if there is room.
    private func pass(_ message: Publication) throws(TransportFault) -> Bool {
        isHeld = !flow.post(message.byteCount, most: Self.unsentBytes)
        guard !isHeld else { return false }
        if try socket.send(message.topic, message.payload, waits: false) { return true }
        flow.unpost(message.byteCount)
        return false
    }

    /// The client asks for a prefix, or no more.
    /// - Returns: False if it asks for more than it may; then the connection is to end.
    func note(_ subscription: Subscription) -> Bool {
        if subscription.begins {
            if asked.insert(subscription.prefix).inserted { askedBytes += subscription.prefix.count }
        } else if asked.remove(subscription.prefix) != nil {
            askedBytes -= subscription.prefix.count
        }
        return asked.count <= Self.prefixes.count && askedBytes <= Self.prefixes.bytes
    }

    /// Sends what waited, as far as there is room.
    func flush() throws(TransportFault) {
        guard queueHead < queue.count else { return }
        while queueHead < queue.count {
            let message = queue[queueHead]
            guard try pass(message) else { break }
            queuedBytes -= message.byteCount
            queueHead += 1
        }
        if queueHead == queue.count {
            queue.removeAll(keepingCapacity: queue.capacity <= 256)
            queueHead = 0
        } else if queueHead >= 1024 {
            queue.removeFirst(queueHead)
            queueHead = 0
        }
    }
}
