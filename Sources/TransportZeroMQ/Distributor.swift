import DuctusTransport
import Glibc
import Synchronization

/// Serves subscribers, each on a socket of its own, from one thread: takes their subscriptions, and sends each message to those who
/// asked for it and may have it at that moment.
///
/// Unchecked, because what the thread uses is set before there is a thread and then belongs to it; the rest is immutable, atomic or
/// behind a lock.
final class Distributor: @unchecked Sendable {
    /// Running totals.
    struct Totals {
        var sent: UInt64 = 0
        /// Posted while the outbox was full.
        var refused: UInt64 = 0
        /// Taken from the outbox, but a subscriber's queue had no room.
        var unsent: UInt64 = 0
        /// Subscriptions that were not permitted.
        var denied: UInt64 = 0
        /// Connections that ended because they asked for more than they may.
        var ended: UInt64 = 0
    }

    struct Settings {
        var security = SocketOptions.Security.none
        /// A subscription below it is answered at once with an empty message: earlier subscriptions are in force.
        var readyPrefix: [UInt8] = []
        /// Bytes that may wait for one subscriber.
        var queueBytes = 16 << 20
        /// Milliseconds for which the end waits until subscribers have taken what was published.
        var linger = 500
    }

    private struct Arrival {
        var connection: Int32
        var family: Handover.Family
        var ticket: Admission.Ticket
    }

    private struct Outgoing: Sendable {
        var message: Publication
        var matters: Bool
    }

    /// Frames taken from one subscriber in one turn.
    private static let perTurn = 512
    /// Milliseconds between two looks at which connections are over.
    private static let sweep = 1_000
    /// Milliseconds between two looks at those that ZeroMQ will not tell of.
    private static let glance = 5

    private let context: Context
    private let settings: Settings
    private let wake: Signal
    private let outbox: Outbox<Outgoing>
    private let arrivals = Mutex<[Arrival]>([])
    private let stopping = Atomic<Bool>(false)
    private let turnCount = Atomic<UInt64>(0)
    private let running = Mutex<OwnedThread?>(nil)
    private let sent = Atomic<UInt64>(0)
    private let unsent = Atomic<UInt64>(0)
    private let denied = Atomic<UInt64>(0)
    private let ended = Atomic<UInt64>(0)
    // The thread's.
    private let poller: Poller
    private let batch = MessageBatch()
    private var table = SubscriberTable()
    private var sockets: [UInt64: SubscriberSocket] = [:]
    private var tags: [SubscriberTable.Number: UInt64] = [:]
    private var nextTag: UInt64 = 0
    /// Those that have more to say.
    private var due: Set<UInt64> = []
    /// Those to look at again soon, because ZeroMQ will not tell.
    private var held: Set<UInt64> = []
    private var nextSweep = Deadline(milliseconds: 0)

    init(
        context: Context, settings: Settings, outboxCount: Int = 65_536, outboxBytes: Int = 64 << 20
    ) throws(TransportFault) {
        self.context = context
        self.settings = settings
        wake = try Signal()
        poller = try Poller()
        try poller.add(wake.descriptor, tag: .max)
        outbox = Outbox(maximumCount: outboxCount, maximumBytes: outboxBytes, signal: wake)
    }

    var totals: Totals {
        Totals(
            sent: sent.load(ordering: .relaxed), refused: outbox.refused.load(ordering: .relaxed),
            unsent: unsent.load(ordering: .relaxed), denied: denied.load(ordering: .relaxed),
            ended: ended.load(ordering: .relaxed))
    }

    var turns: UInt64 { turnCount.load(ordering: .relaxed) }

    func nudge() { wake.raise() }

    /// Posts a message, from any thread, and wakes the subscribers' thread.
    func send(_ message: Publication, matters: Bool) -> Bool {
        defer { outbox.flush() }
        return post(message, matters: matters)
    }

    /// Posts a message, from any thread. It goes out with the next `flush` at the latest.
    func post(_ message: Publication, matters: Bool) -> Bool {
        outbox.post(Outgoing(message: message, matters: matters), size: message.byteCount, matters: matters)
    }

    func flush() { outbox.flush() }

    /// Serves a connection from now on, and closes it.
    func serve(_ connection: Int32, _ family: Handover.Family, _ ticket: Admission.Ticket) {
        arrivals.withLock { $0.append(Arrival(connection: connection, family: family, ticket: ticket)) }
        wake.raise()
    }

    func run(_ handler: any MessageHandler) throws(TransportFault) {
        let thread = try OwnedThread(name: "labels") { self.loop(handler) }
        running.withLock { $0 = thread }
    }

    /// Ends the thread; what was posted before has been handed to the sockets.
    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wake.raise()
        running.withLock { $0.take() }?.join()
        for arrival in arrivals.withLock({ $0 }) { close(arrival.connection) }
    }

    // MARK: The thread

    private func loop(_ handler: any MessageHandler) {
        var outgoing: [Outgoing] = []
        while !stopping.load(ordering: .acquiring) {
            turn(&outgoing, handler, patience: patience)
        }
        distribute(&outgoing, handler)
        let limit = Deadline(milliseconds: settings.linger)
        while limit.remaining > 0, sockets.values.contains(where: { $0.waiting > 0 }) {
            turn(&outgoing, handler, patience: min(10, limit.remaining))
        }
        for tag in Array(sockets.keys) { end(tag, handler) }
    }

    private var patience: Int {
        if !due.isEmpty { return 0 }
        if !held.isEmpty { return Self.glance }
        return sockets.isEmpty ? 60_000 : max(1, nextSweep.remaining)
    }

    private func turn(_ outgoing: inout [Outgoing], _ handler: any MessageHandler, patience: Int) {
        turnCount.add(1, ordering: .relaxed)
        var ready = due
        due.removeAll(keepingCapacity: true)
        // A fault of the poller would come again; then subscribers are looked at when something is sent.
        for tag in (try? poller.wait(milliseconds: patience)) ?? [] { ready.insert(tag) }
        if ready.remove(.max) != nil { wake.lower() }
        ready.formUnion(held)
        held.removeAll(keepingCapacity: true)
        for arrival in arrivals.withLock({ arrivals in
            defer { arrivals = [] }
            return arrivals
        }) { begin(arrival) }
        for tag in ready { listen(to: tag, handler) }
        // Sending to a subscriber may take in what it said, and then its descriptor does not tell.
        for tag in distribute(&outgoing, handler) { listen(to: tag, handler) }
        if nextSweep.remaining == 0 {
            for (tag, socket) in sockets where !socket.connection.isOpen { end(tag, handler) }
            nextSweep = Deadline(milliseconds: Self.sweep)
        }
    }

    private func begin(_ arrival: Arrival) {
        let socket: SubscriberSocket
        do throws(TransportFault) {
            socket = try SubscriberSocket(
                arrival.connection, arrival.family, ticket: arrival.ticket, context: context,
                security: settings.security, queueBytes: settings.queueBytes, linger: settings.linger)
        } catch {
            // Nothing was told to the client yet: it comes again.
            close(arrival.connection)
            return
        }
        nextTag += 1
        // Where it cannot be waited for, the socket ends here, and its connection with it.
        guard (try? poller.add(socket.wake, tag: nextTag)) != nil else { return }
        sockets[nextTag] = socket
        due.insert(nextTag)
    }

    private func end(_ tag: UInt64, _ handler: any MessageHandler) {
        guard let socket = sockets.removeValue(forKey: tag) else { return }
        poller.remove(socket.wake)
        guard let number = socket.number else { return }
        tags[number] = nil
        for prefix in table.remove(number) { handler.subscription(to: prefix, isWanted: false) }
    }

    // MARK: Subscriptions

    private func listen(to tag: UInt64, _ handler: any MessageHandler) {
        guard let socket = sockets[tag] else { return }
        do throws(TransportFault) {
            var frames = 0
            reading: while true {
                guard frames < Self.perTurn else {
                    due.insert(tag)
                    break
                }
                batch.removeAll()
                frames += 1
                switch try socket.socket.receive(into: batch, maximumFrames: 1, asksPeer: true) {
                case .none: break reading
                case .overlong, .refused: continue
                case .message: break
                }
                guard let subscription = batch.withFrame(0, 0, { Subscription($0) }) else { continue }
                guard socket.note(subscription) else {
                    ended.add(1, ordering: .relaxed)
                    return end(tag, handler)
                }
                try handle(subscription, from: socket, tag, batch.peer(0), handler)
            }
            try socket.flush()
            if socket.isHeld { held.insert(tag) }
        } catch {
            end(tag, handler)
        }
    }

    private func handle(
        _ subscription: Subscription, from socket: SubscriberSocket, _ tag: UInt64, _ peer: PeerIdentity,
        _ handler: any MessageHandler
    ) throws(TransportFault) {
        let prefix = subscription.prefix
        if prefix.starts(with: settings.readyPrefix), !settings.readyPrefix.isEmpty {
            if subscription.begins { _ = try socket.send(Publication(prefix, []), matters: true) }
            return
        }
        let number = known(socket, tag, peer)
        guard subscription.begins else {
            if table.unsubscribe(number, from: prefix) { handler.subscription(to: prefix, isWanted: false) }
            return
        }
        guard handler.permitsSubscription(to: prefix, by: socket.identity) else {
            denied.add(1, ordering: .relaxed)
            return
        }
        switch table.subscribe(number, to: prefix) {
        case .refused: denied.add(1, ordering: .relaxed)
        case .first:
            handler.subscription(to: prefix, isWanted: true)
            try welcome(socket, to: prefix, handler)
        case .further: try welcome(socket, to: prefix, handler)
        }
    }

    /// The connection's number in the table. With its first frame the handshake is over, and ZeroMQ tells who the client is.
    private func known(_ socket: SubscriberSocket, _ tag: UInt64, _ peer: PeerIdentity) -> SubscriberTable.Number {
        if let number = socket.number { return number }
        let number = table.add(peer)
        socket.number = number
        socket.identity = peer
        tags[number] = tag
        return number
    }

    /// The last messages go to the new subscriber alone.
    private func welcome(
        _ socket: SubscriberSocket, to prefix: [UInt8], _ handler: any MessageHandler
    ) throws(TransportFault) {
        guard socket.welcome.ask(now: Deadline.nanoseconds) else { return }
        let messages = handler.welcome(to: prefix)
        guard socket.welcome.take(messages.count) else { return }
        for message in messages { try send(message, to: socket, matters: false, handler) }
    }

    // MARK: Messages

    /// Sends what was posted.
    ///
    /// - Returns: the subscribers that got something.
    @discardableResult
    private func distribute(_ outgoing: inout [Outgoing], _ handler: any MessageHandler) -> Set<UInt64> {
        var served: Set<UInt64> = []
        outbox.drain(into: &outgoing)
        for item in outgoing {
            for number in table.recipients(of: item.message.topic) {
                guard let tag = tags[number], let socket = sockets[tag] else { continue }
                do throws(TransportFault) {
                    try send(item.message, to: socket, matters: item.matters, handler)
                    served.insert(tag)
                } catch {
                    end(tag, handler)
                }
            }
        }
        outgoing.removeAll(keepingCapacity: true)
        return served
    }

    /// The one place where a message goes to a subscriber: nothing does without the question whether it may.
    private func send(
        _ message: Publication, to socket: SubscriberSocket, matters: Bool, _ handler: any MessageHandler
    ) throws(TransportFault) {
        guard handler.permits(message.topic, to: socket.identity) else { return }
        if try socket.send(message, matters: matters) {
            sent.add(1, ordering: .relaxed)
        } else {
            unsent.add(1, ordering: .relaxed)
        }
    }
}
