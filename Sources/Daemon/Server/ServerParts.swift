import DuctusStreaming

/// What other parts of the daemon bring to the server: learning, quotas, rights. Each is optional.
package struct ServerParts: Sendable {
    /// Answers requests that the server itself does not.
    package var handlers: [any ControlHandler] = []
    /// Gets each final with its ink, on a lane's thread; it must not wait.
    package var onFinished: @Sendable (FinishedSegment) -> Void = { _ in }
    /// Who connects, publishes, subscribes and asks; without it the rights of the sockets' files decide alone. Must be started.
    package var access: AccessControl?

    /// Tells the operator of what is dropped, a few times a minute.
    package var faults: FaultLog?

    package init() {}
}
