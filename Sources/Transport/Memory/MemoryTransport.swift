import Foundation
import Synchronization

/// A transport within the process, without sockets, threads or waiting: what a peer sends has been taken when the call returns.
///
/// For example:
/// ```swift
/// let transport = MemoryTransport()
/// try server.start()   // with it among its transports
/// let pen = transport.connect(.localUser(1000))
/// pen.subscribe("labels.p1"); pen.publish("ink.p1", payload)
/// let label = pen.receive(within: 5)
/// ```
package final class MemoryTransport: MessageTransport {
    private struct State {
        var handler: (any MessageHandler)?
        var table = SubscriberTable()
        var peers: [SubscriberTable.Number: MemoryPeer] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func start(_ handler: any MessageHandler) throws { state.withLock { $0.handler = handler } }

    package func stop() {
        let peers = state.withLock { state in
            defer { state = State() }
            return state.peers.values
        }
        for peer in peers { peer.end() }
    }

    /// A client that has been made sure of.
    package func connect(_ identity: PeerIdentity) -> MemoryPeer {
        state.withLock { state in
            let number = state.table.add(identity)
            let peer = MemoryPeer(self, number, identity)
            state.peers[number] = peer
            return peer
        }
    }

    @discardableResult
    package func send(_ message: Publication, matters: Bool) -> Bool {
        let (handler, recipients) = state.withLock { state in
            (
                state.handler,
                state.table.recipients(of: message.topic).compactMap { state.peers[$0] }
            )
        }
        guard let handler else { return true }
        var isTaken = true
        for peer in recipients where handler.permits(message.topic, to: peer.identity) {
            if !peer.deliver(message, matters: matters) { isTaken = false }
        }
        return isTaken
    }

    fileprivate var handler: (any MessageHandler)? { state.withLock { $0.handler } }

    fileprivate func subscribe(_ prefix: [UInt8], _ peer: MemoryPeer) {
        guard let handler, handler.permitsSubscription(to: prefix, by: peer.identity) else { return }
        let outcome = state.withLock { $0.table.subscribe(peer.number, to: prefix) }
        guard outcome != .refused else { return }
        if outcome == .first { handler.subscription(to: prefix, isWanted: true) }
        for message in handler.welcome(to: prefix) where handler.permits(message.topic, to: peer.identity) {
            _ = peer.deliver(message, matters: false)
        }
    }

    fileprivate func unsubscribe(_ prefix: [UInt8], _ peer: MemoryPeer) {
        let isLast = state.withLock { $0.table.unsubscribe(peer.number, from: prefix) }
        if isLast { handler?.subscription(to: prefix, isWanted: false) }
    }

    fileprivate func leave(_ peer: MemoryPeer) {
        let (handler, orphans) = state.withLock { state in
            state.peers[peer.number] = nil
            return (state.handler, state.table.remove(peer.number))
        }
        for prefix in orphans { handler?.subscription(to: prefix, isWanted: false) }
    }
}

/// A client of a `MemoryTransport`. Any thread may use it.
///
/// Unchecked, because `inbox` and `hasEnded` are touched only under the condition's lock; the rest never changes.
package final class MemoryPeer: @unchecked Sendable {
    /// Messages that wait to be received; more are dropped, as by a socket that nobody reads.
    package static let capacity = 10_000

    package let identity: PeerIdentity
    fileprivate let number: SubscriberTable.Number
    private let transport: MemoryTransport
    private let condition = NSCondition()
    private var inbox: [Publication] = []
    private var hasEnded = false

    fileprivate init(_ transport: MemoryTransport, _ number: SubscriberTable.Number, _ identity: PeerIdentity) {
        self.transport = transport
        self.number = number
        self.identity = identity
    }

    package func publish(_ topic: String, _ payload: [UInt8]) {
        let batch = MessageBatch()
        batch.append([Array(topic.utf8), payload], from: identity)
        transport.handler?.receive(batch)
    }

    /// - Parameter reply: Called once, from any thread.
    package func request(_ payload: [UInt8], reply: @escaping @Sendable ([UInt8]) -> Void) {
        transport.handler?.answer(payload, from: identity, reply: reply)
    }

    /// Asks and waits; nil if nothing came in time.
    package func request(_ payload: [UInt8], within seconds: Double) -> [UInt8]? {
        let answered = DispatchSemaphore(value: 0)
        let answer = Mutex<[UInt8]?>(nil)
        request(payload) { reply in
            answer.withLock { $0 = reply }
            answered.signal()
        }
        return answered.wait(timeout: .now() + seconds) == .success ? answer.withLock { $0 } : nil
    }

    package func subscribe(_ prefix: String) { transport.subscribe(Array(prefix.utf8), self) }

    package func unsubscribe(_ prefix: String) { transport.unsubscribe(Array(prefix.utf8), self) }

    /// The next message, or nil if none comes in time.
    package func receive(within seconds: Double) -> Publication? {
        condition.withLock {
            let limit = Date(timeIntervalSinceNow: seconds)
            while inbox.isEmpty, !hasEnded, condition.wait(until: limit) {}
            return inbox.isEmpty ? nil : inbox.removeFirst()
        }
    }

    package func close() { transport.leave(self) }

    fileprivate func deliver(_ message: Publication, matters: Bool) -> Bool {
        condition.withLock {
            guard inbox.count < (matters ? Self.capacity : Self.capacity / 4 * 3) else { return false }
            inbox.append(message)
            condition.broadcast()
            return true
        }
    }

    fileprivate func end() {
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }
}
