/// The client that sends a stream's packets. Work is shared among clients first, then among the streams of each.
///
/// Opaque: a CURVE key, a user of this machine, a connection; whoever takes packets in names them, and streams only compares.
public struct ClientIdentifier: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// The client with that name.
    public init(_ name: String) {
        description = name
    }

    /// The client of packets whose sender nobody asked for.
    public static let unknown = ClientIdentifier("unknown")
}
