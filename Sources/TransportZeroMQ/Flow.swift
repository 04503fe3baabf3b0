import CDuctusHandover

/// Counts the bytes that libzmq holds of one connection: read and not yet taken, or posted and not yet sent.
///
/// libzmq bounds its queues in messages only, and does not bound the frames of a message that is not complete. So bytes
/// are counted where libzmq reads and writes them (see `flow.h`), and a connection that has too many waiting is ended.
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
    static func consumed(from connection: Int32, frames: Int, bytes: Int) -> Flow {
        Flow(number: ductus_flow_take(connection, frames, bytes))
    }

    /// Connections that ended because they had too much waiting.
    static var ended: UInt64 { ductus_flow_ended() }

    /// Counts what is about to be sent.
    /// - Returns: False if more than `most` bytes would wait.
    func post(_ bytes: Int, most: Int) -> Bool { ductus_flow_post(number, bytes, most) }

    /// Notes that posted bytes were not sent after all.
    func unpost(_ bytes: Int) { ductus_flow_unpost(number, bytes) }

    /// The connection is over.
    func forget() { ductus_flow_forget(number) }
}
