import DuctusStreaming

/// The optional parts of a server: learning, quotas, rights.
package struct ServerParts: Sendable {
    /// Answers requests that the server itself does not.
    package var handlers: [any ControlHandler] = []
    /// Gets each final with its ink, on a lane's thread; it must not wait.
    package var onFinished: @Sendable (FinishedSegment) -> Void = { _ in }
    /// The access control; without it, whoever connects may do everything.
    package var access: AccessControl?
    /// The slots that are read, where the daemon belongs to a cell.
    package var roster: SlotRoster?
    /// Tells the operator of what is dropped, a few times a minute.
    package var faults: FaultLog?

    package init() {}
}
