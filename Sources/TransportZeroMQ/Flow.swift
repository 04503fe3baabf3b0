import CDuctusHandover

/// What libzmq holds of one connection, counted in bytes: read from it and not yet taken, posted and not yet sent.
///
/// libzmq bounds its queues in messages only, and not at all what it keeps of a message whose last frame has not come. So what it
/// reads and writes is counted where it does (see `flow.h`), and a connection that has too much waiting ends.
struct Flow: Equatable, Sendable {
    /// Bounds in bytes.
    struct Limits: Sendable {
        /// Of one connection, read and not yet taken; one frame more may be on its way.
        var connection: Int
        /// Of all connections. Beyond it, connections that hold more than a sixteenth of their bound end.
        var together: Int
    }

    let number: UInt64

    /// None: what is posted on it is not counted.
    static let none = Flow(number: 0)

    /// Watches a connection from now on; nil where there is no memory for it.
    init?(watching connection: Int32, _ limits: Limits) {
        number = ductus_flow_watch(connection, limits.connection, limits.together)
        guard number != 0 else { return nil }
    }

    init(number: UInt64) { self.number = number }

    /// A message was taken. Gives the connection that it came from.
    static func take(from connection: Int32, frames: Int, bytes: Int) -> Flow {
        Flow(number: ductus_flow_take(connection, frames, bytes))
    }

    /// Connections that ended because they had too much waiting.
    static var ended: UInt64 { ductus_flow_ended() }

    /// Counts what is about to be sent.
    /// - Returns: False if more than `most` bytes would wait.
    func post(_ bytes: Int, most: Int) -> Bool { ductus_flow_post(number, bytes, most) }

    /// What was posted was not sent after all.
    func unpost(_ bytes: Int) { ductus_flow_unpost(number, bytes) }

    /// The connection is over.
    func forget() { ductus_flow_forget(number) }
}
