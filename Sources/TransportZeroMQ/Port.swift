/// One socket of a reactor: what it is, where it listens, whom it lets in.
package struct Port: Sendable {
    package var kind: Socket.Kind
    package var options: SocketOptions
    package var bind: [Endpoint]
    package var connect: [Endpoint]
    /// From which it gets connections that others have accepted.
    var handovers: [Handover] = []
    /// SUB: prefixes to take.
    package var subscriptions: [String] = []
    /// Whether `MessageBatch.peer` is filled. Costs about a microsecond per message.
    package var asksPeers = false
    /// A message with more frames is thrown away and counted.
    package var maximumFrames = 8
    package init(
        _ kind: Socket.Kind, options: SocketOptions = SocketOptions(), bind: [Endpoint] = [], connect: [Endpoint] = []
    ) {
        self.kind = kind
        self.options = options
        self.bind = bind
        self.connect = connect
    }
}
