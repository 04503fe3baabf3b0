import DuctusStreaming
import DuctusTransport
import DuctusWire
import NIOCore
import Synchronization

/// HTTP and WebSockets as one more way by which clients reach the daemon: pens publish and subscribe on `/v1/pen`, requests come on
/// paths. The same handler answers them as on every other transport.
///
/// Guarantees
/// - A slow reader gets every final and the newest partial; one that takes nothing is ended.
/// - What a connection may have is asked for each message, so that a right that was taken away ends at once.
package final class WebTransport: MessageTransport, WebSocketService {
    private struct State {
        var handler: (any MessageHandler)?
        var table = SubscriberTable()
        var outlets: [SubscriberTable.Number: any SocketOutlet] = [:]
        var recent = RecentFinals()
        /// Whether anybody ever subscribed: until then there is nothing to do.
        var isWatched = false
    }

    private let state = Mutex(State())
    private let start: @Sendable (WebTransport) -> WebServer?
    private let server = Mutex<WebServer?>(nil)
    private let waiting = Atomic<Int>(0)
    /// Bytes of publications that may wait for the loop.
    private static let waitingLimit = 16 << 20

    /// - Parameter start: makes the server, already listening; nil if it cannot, which it has told.
    package init(start: @escaping @Sendable (WebTransport) -> WebServer?) {
        self.start = start
    }

    /// The requests of the control socket, for those who ask by HTTP.
    package var gateway: ControlGateway {
        ControlGateway { [weak self] request, peer, reply in
            guard let handler = self?.state.withLock({ $0.handler }) else {
                let failure = ControlFailure(.unavailable, "the daemon starts or stops", remedy: "try again")
                if let bytes = try? WireControlReply(id: 1, failure: failure).wire() { reply(bytes) }
                return
            }
            handler.answer(request, from: peer, reply: reply)
        }
    }

    // MARK: Message transport

    package func start(_ handler: any MessageHandler) {
        state.withLock { $0.handler = handler }
        let server = start(self)
        self.server.withLock { $0 = server }
    }

    package func stop() {
        let server = server.withLock { server in
            defer { server = nil }
            return server
        }
        server?.stop()
        state.withLock { $0.handler = nil }
    }

    @discardableResult
    package func send(_ message: Publication, matters: Bool) -> Bool {
        guard state.withLock({ $0.isWatched }), let loop = server.withLock({ $0?.loop }) else { return true }
        let limit = matters ? Self.waitingLimit : Self.waitingLimit / 4 * 3
        guard waiting.load(ordering: .relaxed) < limit else { return false }
        let size = message.byteCount
        waiting.add(size, ordering: .relaxed)
        loop.execute { [self] in
            waiting.subtract(size, ordering: .relaxed)
            deliver(message)
        }
        return true
    }

    /// On the loop, so that a lane does not write JSON.
    private func deliver(_ message: Publication) {
        let (handler, recipients) = state.withLock { state in
            // A pad named p1 asked for its own stream, not for that of p10.
            let numbers = state.table.subscribers(of: message.topic)
            return (
                state.handler,
                numbers.compactMap { number in
                    state.outlets[number].flatMap { outlet in
                        state.table.identity(of: number).map { (outlet: outlet, identity: $0) }
                    }
                }
            )
        }
        guard let handler, let topic = try? Topic(wire: message.topic) else { return }
        guard let (text, key) = rendered(message, topic, isWanted: !recipients.isEmpty) else { return }
        for recipient in recipients where handler.permits(message.topic, to: recipient.identity) {
            recipient.outlet.send(text, key: key)
        }
    }

    /// The message as JSON, and the key under which a later one replaces it.
    private func rendered(_ message: Publication, _ topic: Topic, isWanted: Bool) -> (text: String, key: String?)? {
        switch topic {
        case .labels(let stream):
            let isKept = state.withLock { $0.recent.keeps(stream) }
            guard isWanted || isKept, let event = try? LabelEvent(wire: message.payload) else { return nil }
            let text = PenEvent.text(event)
            if event.state == .final { state.withLock { $0.recent.add(text, of: event) } }
            return (text, event.state == .final ? nil : "partial")
        case .review:
            guard isWanted, var suggestion = try? WireReviewSuggestion(wire: message.payload) else { return nil }
            // The pad has its ink.
            suggestion.clearInk()
            return PenEvent.text("review", suggestion).map { ($0, nil) }
        case .events:
            guard isWanted, let event = try? WireDaemonEvent(wire: message.payload) else { return nil }
            return PenEvent.text("event", event).map { ($0, nil) }
        // The other topics are inputs, which are not sent to subscribers.
        default: return nil
        }
    }

    // MARK: WebSockets

    package var path: String { "/v1/pen" }

    package func open(_ outlet: any SocketOutlet) -> any WebSocketConversation {
        PenConversation(outlet, transport: self)
    }

    /// Subscribes a socket to topics; it is sent the finals of its stream that it missed.
    func subscribe(
        _ peer: PeerIdentity, _ topics: [Topic], _ outlet: any SocketOutlet, stream: StreamName,
        afterEpoch epoch: UInt64, number: UInt64
    ) throws(SocketFault) -> SubscriberTable.Number {
        guard let handler = state.withLock({ $0.handler }) else { throw SocketFault(1012, "the daemon stops") }
        var allowed: [[UInt8]] = []
        for topic in topics {
            if handler.permitsSubscription(to: topic.wire, by: peer) {
                allowed.append(topic.wire)
            } else if case .labels = topic {
                throw .policy("this token has no right to the stream \(stream)")
            }
        }
        let (subscriber, missed, firsts) = state.withLock { state in
            let subscriber = state.table.add(peer)
            var firsts: [[UInt8]] = []
            for topic in allowed where state.table.subscribe(subscriber, to: topic) == .first { firsts.append(topic) }
            let missed = state.recent.finals(of: stream, afterEpoch: epoch, number: number)
            state.recent.remember(stream)
            state.outlets[subscriber] = outlet
            state.isWatched = true
            return (subscriber, missed, firsts)
        }
        for topic in firsts { handler.subscription(to: topic, isWanted: true) }
        for text in missed { outlet.send(text, key: nil) }
        // A partial that stands: after a reconnection the text is there at once. A final among them is dropped by its number.
        for message in allowed.flatMap(handler.welcome)
        where allowed.contains(message.topic) && handler.permits(message.topic, to: peer) {
            guard let topic = try? Topic(wire: message.topic), case .labels = topic,
                let event = try? LabelEvent(wire: message.payload)
            else { continue }
            outlet.send(PenEvent.text(event), key: nil)
        }
        return subscriber
    }

    func leave(_ subscriber: SubscriberTable.Number) {
        let (handler, lasts) = state.withLock { state in
            state.outlets[subscriber] = nil
            return (state.handler, state.table.remove(subscriber))
        }
        for topic in lasts { handler?.subscription(to: topic, isWanted: false) }
    }

    /// Whether a packet of so many bytes would be within its client's quota now.
    func hasRoom(for bytes: Int, of stream: StreamName, from peer: PeerIdentity) -> Bool {
        guard let handler = state.withLock({ $0.handler }) else { return false }
        return handler.hasRoom(for: bytes, of: InkPacket.topic(of: stream).wire, from: peer)
    }

    /// Gives a packet to the daemon, as if it had come by any other transport.
    func publish(_ packet: InkPacket, of stream: StreamName, from peer: PeerIdentity) {
        guard let handler = state.withLock({ $0.handler }), let payload = try? packet.wire() else { return }
        let batch = MessageBatch()
        batch.append([InkPacket.topic(of: stream).wire, payload], from: peer)
        handler.receive(batch)
    }
}
