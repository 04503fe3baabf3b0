/// The identity of a connection's other end, as far as its transport has verified it. Rights and quotas are looked up by it.
///
/// It says who somebody is, not what they may do: rights change with a reload while connections stay.
package struct PeerIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The way in which the transport knows the peer.
    package enum Kind: Hashable, Sendable {
        /// A user of this machine; the kernel tells who.
        case localUser(UInt32)
        /// The holder of a CURVE key of the allow-list.
        case key
        /// The holder of a token of the allow-list.
        case token
        /// Nobody has been asked.
        case unknown
    }

    package var kind: Kind
    /// The name in the allow-list; empty for users of this machine and for strangers.
    package var name: String

    package init(_ kind: Kind, name: String = "") {
        self.kind = kind
        self.name = name
    }

    package static let unknown = PeerIdentity(.unknown)

    package static func localUser(_ uid: UInt32) -> PeerIdentity { PeerIdentity(.localUser(uid)) }
    package static func key(_ name: String) -> PeerIdentity { PeerIdentity(.key, name: name) }
    package static func token(_ name: String) -> PeerIdentity { PeerIdentity(.token, name: name) }

    /// The identity for logs: a name or a user's number, never a secret.
    package var description: String {
        switch kind {
        case .localUser(let uid): "uid \(uid)"
        case .key, .token: name
        case .unknown: "unknown"
        }
    }
}
