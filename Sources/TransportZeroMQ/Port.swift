import DuctusTransport

/// One socket of a reactor: what it is, where it listens, whom it lets in.
package struct Port: Sendable {
    package var kind: Socket.Kind
    package var options: SocketOptions
    package var bind: [Endpoint]
    package var connect: [Endpoint]
    /// SUB: prefixes to take.
    package var subscriptions: [String] = []
    /// Whether `MessageBatch.peer` is filled. Costs about a microsecond per message.
    package var asksPeers = false
    /// A message with more frames is thrown away and counted.
    package var maximumFrames = 8
    /// XPUB: whether this peer may have topics that begin with this prefix. Needs `options.manualSubscriptions`.
    package var permits: (@Sendable (PeerIdentity, [UInt8]) -> Bool)?
    /// XPUB: a subscription to anything that begins with this is answered with an empty message on that very topic, so that
    /// a subscriber knows that its earlier subscriptions are in force.
    package var answersSubscriptionsTo: String?

    package init(
        _ kind: Socket.Kind, options: SocketOptions = SocketOptions(), bind: [Endpoint] = [], connect: [Endpoint] = []
    ) {
        self.kind = kind
        self.options = options
        self.bind = bind
        self.connect = connect
    }
}
