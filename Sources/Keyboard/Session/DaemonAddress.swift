import DuctusTransportZeroMQ

/// The daemon's sockets and keys.
package struct DaemonAddress: Sendable {
    package var ink: Endpoint
    package var labels: Endpoint
    package var control: Endpoint
    package var security: SocketOptions.Security

    package init(ink: Endpoint, labels: Endpoint, control: Endpoint, security: SocketOptions.Security = .none) {
        (self.ink, self.labels, self.control, self.security) = (ink, labels, control, security)
    }
}
