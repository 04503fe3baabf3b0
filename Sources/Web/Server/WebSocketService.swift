import DuctusTransport

/// A service that answers the WebSockets of one path. All calls come on the socket's event loop.
package protocol WebSocketService: Sendable {
    var path: String { get }
    /// A socket that opened. `send` may be called from any thread.
    func open(_ outlet: any SocketOutlet) -> any WebSocketConversation
}

/// One socket's messages.
package protocol WebSocketConversation: AnyObject {
    /// A text message came.
    ///
    /// - Throws: `SocketFault`: it is told, and the socket ends.
    func receive(_ text: [UInt8], authorize: (String) -> PeerIdentity?) throws(SocketFault)
    /// The socket is gone.
    func ended()
    /// Whether its token was shown.
    var isAuthorized: Bool { get }
}

/// The way back to a socket.
package protocol SocketOutlet: AnyObject, Sendable {
    /// Sends a message. `key`: while it waits, a later one with the same key takes its place; nil: it is always sent.
    func send(_ text: String, key: String?)
    func end(_ fault: SocketFault)
}

/// The reason for which a WebSocket was closed, with the status code of RFC 6455.
package struct SocketFault: Error, Equatable, Sendable {
    package var code: UInt16
    package var reason: String

    package init(_ code: UInt16, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    package static func policy(_ reason: String) -> SocketFault { SocketFault(1008, reason) }
    package static func malformed(_ reason: String) -> SocketFault { SocketFault(1007, reason) }
}
