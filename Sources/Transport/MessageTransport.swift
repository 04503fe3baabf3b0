/// One way by which clients reach the daemon: ZeroMQ, a WebSocket, memory. It knows connections and who is at their other end;
/// what anybody may do is for the handler to say.
package protocol MessageSource: Sendable {
    /// Listens from now on, and hands what clients send to `handler`, on threads of its own.
    func start(_ handler: any MessageHandler) throws

    /// Ends all connections. What was sent before has been handed to them; nothing reaches the handler afterwards.
    func stop()
}

/// Takes what the daemon publishes to those of its clients that asked for it.
package protocol MessageSink: Sendable {
    /// Sends a message to every subscriber of this sink that asked for its topic and may have it at this moment. Any thread may
    /// call it; it never waits.
    ///
    /// - Parameter matters: Such messages may fill the queues; the others only three quarters of them.
    /// - Returns: False if there was no room.
    @discardableResult
    func send(_ message: Publication, matters: Bool) -> Bool

    /// As `send`, for one of several messages: it may wait until `flush`, so that the sink's thread is woken once for all of them.
    @discardableResult
    func post(_ message: Publication, matters: Bool) -> Bool

    /// Sends what was posted.
    func flush()
}

extension MessageSink {
    package func post(_ message: Publication, matters: Bool) -> Bool { send(message, matters: matters) }
    package func flush() {}
}

package typealias MessageTransport = MessageSource & MessageSink

/// A message under a topic.
package struct Publication: Equatable, Sendable {
    package var topic: [UInt8]
    package var payload: [UInt8]

    package init(_ topic: [UInt8], _ payload: [UInt8]) {
        self.topic = topic
        self.payload = payload
    }

    package var byteCount: Int { topic.count + payload.count }
}

/// The daemon's handler of its clients' messages, which also decides what each may receive. Every transport calls it, on any thread, and
/// the calls must not wait.
///
/// A transport asks `permits` for each message and each subscriber, so that a right that was taken away ends at once, also on
/// connections that stand.
package protocol MessageHandler: Sendable {
    /// Takes published messages, each of topic and payload. The batch is valid until the call returns.
    func receive(_ batch: MessageBatch)

    /// Is there room now for so many bytes of `topic` from `peer`? Asked before a long message is copied; one that gets a no is gone, and
    /// the handler counts it. A yes promises nothing. `topic` is empty where the topic itself is so long.
    func hasRoom(for bytes: Int, of topic: [UInt8], from peer: PeerIdentity) -> Bool

    /// Takes a request. `reply` is called once, now or later, from any thread.
    func answer(_ request: [UInt8], from peer: PeerIdentity, reply: @escaping @Sendable ([UInt8]) -> Void)

    /// May `peer` subscribe to all topics that begin with `prefix`?
    func permitsSubscription(to prefix: [UInt8], by peer: PeerIdentity) -> Bool

    /// May `peer` have messages of this topic now?
    func permits(_ topic: [UInt8], to peer: PeerIdentity) -> Bool

    /// Messages for a new subscriber to `prefix`, which it alone is sent, before all others.
    func welcome(to prefix: [UInt8]) -> [Publication]

    /// Tells that a prefix has its first subscriber on a transport, or has lost the last one.
    func subscription(to prefix: [UInt8], isWanted: Bool)
}

extension MessageHandler {
    package func hasRoom(for bytes: Int, of topic: [UInt8], from peer: PeerIdentity) -> Bool { true }
}
