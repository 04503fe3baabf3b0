import CDuctusHandover
import CDuctusZeroMQ
import Glibc

/// A way to give a ZeroMQ socket connections that somebody else has accepted: what the socket takes for a listening descriptor.
///
/// The socket that listens on it owns the descriptor and closes it.
final class Handover: Sendable {
    /// The kind of connection. ZeroMQ sets up Unix and TCP connections differently.
    enum Family: Sendable { case unix, internet }

    let family: Family
    let descriptor: Int32

    init(_ family: Family) throws(TransportFault) {
        self.family = family
        descriptor = ductus_handover_open()
        guard descriptor >= 0 else { throw .signal(code: errno) }
    }

    /// Gives a connection away.
    /// - Returns: False if there was no memory for it; then it still belongs to the caller.
    func give(_ connection: Int32) -> Bool { ductus_handover_give(descriptor, connection) }

    /// Closes what was given and not taken; before the socket is closed.
    func clear() { ductus_handover_clear(descriptor) }

    /// ZeroMQ wants an endpoint of the right kind, and does not use it.
    var endpoint: String { family == .unix ? "ipc://handover" : "tcp://127.0.0.1:1" }
}
