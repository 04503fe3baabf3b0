import CDuctusZeroMQ

/// Who sent a message, as far as the connection tells.
package struct Peer: Hashable, Sendable, CustomStringConvertible {
    /// What the authenticator called it; nil where none was asked.
    package var user: String?
    /// ipc: the user, from the kernel. Nil for other transports.
    package var uid: UInt32?

    package init(user: String? = nil, uid: UInt32? = nil) {
        self.user = user
        self.uid = uid
    }

    package var description: String { user ?? uid.map { "uid \($0)" } ?? "unknown" }

    /// ZeroMQ gives ipc peers the address `localhost:uid:gid:pid` (SO_PEERCRED).
    static func uid(fromAddress address: some StringProtocol) -> UInt32? {
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 4 ? UInt32(parts[1]) : nil
    }

    init(of message: UnsafeMutablePointer<zmq_msg_t>) {
        user = zmq_msg_gets(message, "User-Id").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        uid = zmq_msg_gets(message, "Peer-Address").flatMap { Self.uid(fromAddress: String(cString: $0)) }
    }
}
