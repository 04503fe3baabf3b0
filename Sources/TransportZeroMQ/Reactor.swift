import CDuctusZeroMQ
import DuctusTransport
import Glibc
import Synchronization

/// One thread that owns a few sockets, takes what arrives in batches, and sends what other threads post.
///
/// For example:
/// ```swift
/// let reactor = try Reactor(context: context, ports: [Port(.subscribe, bind: [ink])])
/// try reactor.run { port, batch in … }
/// try reactor.waitUntilReady(milliseconds: 1000)
/// reactor.send([topic, payload], on: labels)
/// reactor.stop()
/// ```
/// Guarantees
/// - The handler is called on the reactor's thread only, never twice at once; a busy port cannot starve the others.
/// - Messages that arrive less than 2 ms apart are delivered in one batch. `MessageBatch.held` is how long the first of
///   them was delayed.
/// - Messages posted by one thread leave in their order.
/// - After `stop` returns, the thread is gone and its sockets are closed. Messages that were posted before have been
///   handed to them.
///
/// Unchecked, because sockets are touched by `init` (before the thread exists) and then by the thread alone; everything
/// else is immutable, atomic or behind a lock.
package final class Reactor: @unchecked Sendable {
    private struct Outgoing: Sendable {
        var port: Int
        var frames: [[UInt8]]
        var flow: Flow
        var byteCount: Int { frames.reduce(0) { $0 + $1.count } }
    }

    /// A change of what a port takes.
    private struct Change: Sendable {
        var port: Int
        var prefix: [UInt8]
        var begins: Bool
    }

    package typealias Handler = @Sendable (_ port: Int, _ batch: MessageBatch) -> Void
    /// Asked on the reactor's thread before a long message is copied, where a port asks for peers; a no throws it away.
    package typealias Question = @Sendable (_ port: Int, _ bytes: Int, _ topic: [UInt8], PeerIdentity) -> Bool

    /// Running totals.
    package struct Totals: Equatable, Sendable {
        package var received: UInt64 = 0
        package var receivedBytes: UInt64 = 0
        package var sent: UInt64 = 0
        /// Posted while the outbox was full.
        package var refused: UInt64 = 0
        /// Taken from the outbox, but the socket had no room, or no such peer, or too much waits for it.
        package var unsent: UInt64 = 0
        /// Messages with too many frames.
        package var overlong: UInt64 = 0
    }

    /// Where each port listens, wildcards resolved.
    package let endpoints: [[Endpoint]]

    private static let batchMessages = 512
    private static let batchBytes = 1 << 20
    /// Bytes that may wait for one peer, where a message says which.
    static let unsentBytes = 16 << 20

    private let ports: [Port]
    private var sockets: [Socket] = []
    private let name: String
    private let wake: Signal
    private let ready: Signal
    private let outbox: Outbox<Outgoing>
    private let changes = Mutex<[Change]>([])
    private let stopping = Atomic<Bool>(false)
    private let turnCount = Atomic<UInt64>(0)
    private let running = Mutex<OwnedThread?>(nil)
    private let outcome = Mutex<TransportFault?>(nil)
    private let received = Atomic<UInt64>(0)
    private let receivedBytes = Atomic<UInt64>(0)
    private let sent = Atomic<UInt64>(0)
    private let unsent = Atomic<UInt64>(0)
    private let overlong = Atomic<UInt64>(0)

    /// Opens all sockets and listens.
    /// - Parameters:
    ///   - outboxCount: Messages that may wait to be sent.
    ///   - outboxBytes: Bytes that may wait to be sent.
    /// - Throws: `TransportFault` for the first socket that fails; those opened before are closed again.
    package init(
        context: Context, ports: [Port], name: String = "transport", outboxCount: Int = 65_536,
        outboxBytes: Int = 64 << 20
    ) throws(TransportFault) {
        self.ports = ports
        self.name = name
        wake = try Signal()
        ready = try Signal()
        outbox = Outbox(maximumCount: outboxCount, maximumBytes: outboxBytes, signal: wake)
        var endpoints: [[Endpoint]] = []
        var sockets: [Socket] = []
        for port in ports {
            let socket = try Socket(port.kind, context: context, options: port.options)
            for prefix in port.subscriptions { try socket.subscribe(prefix.utf8) }
            var bound: [Endpoint] = []
            for endpoint in port.bind { bound.append(try socket.bind(endpoint)) }
            for handover in port.handovers { try socket.listen(on: handover) }
            for endpoint in port.connect { try socket.connect(endpoint) }
            sockets.append(socket)
            endpoints.append(bound)
        }
        self.endpoints = endpoints
        self.sockets = sockets
    }

    /// Starts the thread. Call it once.
    package func run(
        hasRoom: @escaping Question = { _, _, _, _ in true }, _ handler: @escaping Handler
    ) throws(TransportFault) {
        let thread = try OwnedThread(name: name) { self.loop(handler, hasRoom) }
        running.withLock { $0 = thread }
    }

    /// Returns once the thread is waiting for messages.
    package func waitUntilReady(milliseconds: Int) throws(TransportFault) {
        var item = pollfd(fd: ready.descriptor, events: Int16(POLLIN), revents: 0)
        let deadline = Deadline(milliseconds: milliseconds)
        while poll(&item, 1, Int32(clamping: deadline.remaining)) <= 0 {
            if deadline.remaining == 0 {
                throw .timeout(waitingFor: "start", endpoint: name, milliseconds: milliseconds)
            }
        }
        if let fault { throw fault }
    }

    /// Ends the thread and waits for it. Must not be called by the handler. A second call does nothing.
    package func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wake.raise()
        running.withLock { $0.take() }?.join()
    }

    /// Posts a message, from any thread.
    /// - Parameters:
    ///   - connection: The connection on which it leaves, as the batch named it. The bytes that wait there are bounded.
    ///   - matters: Whether the message may use the last quarter of the outbox.
    /// - Returns: False if there was no room; counted in `totals.refused`.
    @discardableResult
    package func send(_ frames: [[UInt8]], on port: Int, connection: UInt64 = 0, matters: Bool = false) -> Bool {
        precondition(ports.indices.contains(port) && !frames.isEmpty, "no such port, or nothing to send")
        let outgoing = Outgoing(port: port, frames: frames, flow: Flow(number: connection))
        defer { outbox.flush() }
        return outbox.post(outgoing, size: outgoing.byteCount, matters: matters)
    }

    /// SUB: takes topics that begin with these prefixes, or takes them no longer, from its next turn on. Any thread may call it.
    package func subscribe(_ port: Int, to prefixes: [[UInt8]], begins: Bool) {
        precondition(ports.indices.contains(port), "no such port")
        changes.withLock { $0 += prefixes.map { Change(port: port, prefix: $0, begins: begins) } }
        wake.raise()
    }

    package var totals: Totals {
        Totals(
            received: received.load(ordering: .relaxed), receivedBytes: receivedBytes.load(ordering: .relaxed),
            sent: sent.load(ordering: .relaxed), refused: outbox.refused.load(ordering: .relaxed),
            unsent: unsent.load(ordering: .relaxed), overlong: overlong.load(ordering: .relaxed))
    }

    /// Messages waiting to be sent.
    package var queued: Int { outbox.count }

    /// Counts the loop's turns. After `nudge` it must rise soon, or the thread hangs.
    package var turns: UInt64 { turnCount.load(ordering: .relaxed) }

    package func nudge() { wake.raise() }

    /// Why the thread ended by itself; nil while all is well.
    package var fault: TransportFault? { outcome.withLock { $0 } }

    // MARK: The thread

    private func loop(_ handler: Handler, _ hasRoom: @escaping Question) {
        do throws(TransportFault) {
            try turn(handler, hasRoom)
        } catch {
            outcome.withLock { $0 = error }
        }
        for handover in ports.flatMap(\.handovers) { handover.clear() }
        sockets.removeAll()
        ready.raise()
    }

    private func turn(_ handler: Handler, _ hasRoom: @escaping Question) throws(TransportFault) {
        let batch = MessageBatch()
        var items = sockets.map { zmq_pollitem_t(socket: $0.handle, fd: -1, events: Int16(ZMQ_POLLIN), revents: 0) }
        items.append(zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
        let questions: [SocketReader.Question] = sockets.indices.map { port in { hasRoom(port, $0, $1, $2) } }
        var outgoing: [Outgoing] = []
        var pace = Pace()
        var taken = 0
        ready.raise()
        while !stopping.load(ordering: .acquiring) {
            turnCount.add(1, ordering: .relaxed)
            guard zmq_poll(&items, Int32(items.count), -1) >= 0 else {
                if zmq_errno() == EINTR { continue }
                throw .poll(code: zmq_errno())
            }
            batch.held = Self.hold(pace.pause(at: Deadline.nanoseconds, afterTaking: taken))
            taken = 0
            if items[sockets.count].revents != 0 {
                wake.lower()
                try changeSubscriptions()
            }
            try flush(&outgoing)
            for port in sockets.indices where items[port].revents != 0 {
                let count = try fill(batch, from: port, questions[port])
                // Bytes or a full queue make a whole batch, too, however few its messages.
                let isWhole =
                    batch.byteCount >= Self.batchBytes || count >= ports[port].options.receiveHighWater
                taken += isWhole ? Pace.busy : count
                if batch.count > 0 { handler(port, batch) }
                try flush(&outgoing)
            }
        }
        try flush(&outgoing)
    }

    private func changeSubscriptions() throws(TransportFault) {
        let due = changes.withLock { changes in
            defer { changes = [] }
            return changes
        }
        for change in due {
            if change.begins {
                try sockets[change.port].subscribe(change.prefix)
            } else {
                try sockets[change.port].unsubscribe(change.prefix)
            }
        }
    }

    /// Waits, and tells for how many µs it did.
    private static func hold(_ nanoseconds: Int) -> Int {
        guard nanoseconds > 0 else { return 0 }
        let began = Deadline.nanoseconds
        var pause = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        // A signal may end it early: nothing depends on it.
        nanosleep(&pause, nil)
        return (Deadline.nanoseconds - began) / 1000
    }

    /// - Returns: Messages that were taken from the socket, also those that were thrown away.
    private func fill(
        _ batch: MessageBatch, from index: Int, _ hasRoom: @escaping SocketReader.Question
    ) throws(TransportFault) -> Int {
        let (socket, port) = (sockets[index], ports[index])
        batch.removeAll()
        var (messages, refused, bytes) = (0, 0, 0)
        taking: while batch.count + refused < Self.batchMessages, batch.byteCount < Self.batchBytes {
            let outcome = try socket.receive(
                into: batch, maximumFrames: port.maximumFrames, asksPeer: port.asksPeers, hasRoom: hasRoom)
            switch outcome {
            case .none: break taking
            case .overlong:
                overlong.add(1, ordering: .relaxed)
                refused += 1
            case .refused: refused += 1
            case .message:
                messages += 1
                bytes = max(bytes, batch.byteCount)
            }
        }
        received.add(UInt64(messages), ordering: .relaxed)
        receivedBytes.add(UInt64(bytes), ordering: .relaxed)
        return messages + refused
    }

    private func flush(_ outgoing: inout [Outgoing]) throws(TransportFault) {
        outbox.drain(into: &outgoing)
        guard !outgoing.isEmpty else { return }
        var count: UInt64 = 0
        for item in outgoing where try send(item) { count += 1 }
        sent.add(count, ordering: .relaxed)
        unsent.add(UInt64(outgoing.count) - count, ordering: .relaxed)
    }

    private func send(_ item: Outgoing) throws(TransportFault) -> Bool {
        guard item.flow.post(item.byteCount, most: Self.unsentBytes) else { return false }
        if try sockets[item.port].send(item.frames) { return true }
        item.flow.unpost(item.byteCount)
        return false
    }
}
