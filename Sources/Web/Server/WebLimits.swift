/// The limits of the HTTP server. What goes beyond is refused with a reason and counted, never queued without end.
package struct WebLimits: Sendable, Equatable {
    /// Connections at one time. One more takes the place of the one that has waited longest without a request.
    package var connections = 512
    /// Connections at one time from one address that is not loopback.
    package var connectionsPerPeer = 64
    /// Bytes of the request line with all header fields.
    package var headBytes = 16 << 10
    package var headerFields = 64
    /// Bytes of all bodies that are being read or answered. One more takes the place of the one that holds most and is not whole.
    package var bodiesBytes = 64 << 20
    /// Bytes of a WebSocket's first message, with its token.
    package var greetingBytes = 16 << 10
    /// Bytes of a WebSocket message, in one frame or in several.
    package var messageBytes = 256 << 10
    /// Frames that one message may come in.
    package var messageFragments = 64
    /// Bytes that may wait for a WebSocket's reader; one that takes nothing beyond that is given up.
    package var outgoingBytes = 4 << 20
    /// Seconds for a connection to send a whole request head, and to prove its token on a WebSocket.
    package var headTime = 5.0
    /// Seconds that a connection may stay open between two requests.
    package var idleTime = 15.0
    /// Seconds for a body, besides what it takes at `bodyRate`.
    package var bodyTime = 5.0
    /// Bytes a second that a body must come with.
    package var bodyRate = 65_536.0
    /// Seconds for the other side to take an answer.
    package var answerTime = 30.0
    /// Seconds between two pings of a WebSocket; three without any answer end it.
    package var pingTime = 15.0

    package init() {}
}
