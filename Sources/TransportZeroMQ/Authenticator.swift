import Synchronization

/// Lets peers in or turns them away, for all sockets of a context that ask (`SocketOptions.Security.asking`, `.server`).
/// Each socket asks in a domain of its own. Speaks ZAP, ZeroMQ RFC 27.
///
/// Start it before the sockets that ask, stop it after them. One per context.
package final class Authenticator: Sendable {
    /// Who may enter one domain.
    package struct Domain: Sendable {
        /// Public key (32 bytes) → what to call its holder; that name comes with every message as `PeerIdentity.name`.
        package var users: [[UInt8]: String]
        /// Whether peers without a key may enter (ipc, where the file's permissions have decided already).
        package var admitsPlain: Bool

        package init(users: [[UInt8]: String] = [:], admitsPlain: Bool = false) {
            self.users = users
            self.admitsPlain = admitsPlain
        }
    }

    private static let maximumFrames = 16

    private let reactor: Reactor
    private let domains: Mutex<[String: Domain]>
    private let onRefusal: @Sendable (_ domain: String, _ address: String) -> Void
    private let admittedCount = Atomic<UInt64>(0)
    private let refusedCount = Atomic<UInt64>(0)

    /// - Parameter onRefusal: Told of each peer that is turned away, on the authenticator's thread.
    package init(
        context: Context, domains: [String: Domain],
        onRefusal: @escaping @Sendable (_ domain: String, _ address: String) -> Void = { _, _ in }
    ) throws(TransportFault) {
        self.domains = Mutex(domains)
        self.onRefusal = onRefusal
        var port = Port(.router, bind: [try Endpoint("inproc://zeromq.zap.01")])
        port.maximumFrames = Self.maximumFrames
        reactor = try Reactor(context: context, ports: [port], name: "authenticator")
    }

    package func run() throws(TransportFault) {
        try reactor.run { [self] _, batch in
            for message in 0..<batch.count { answer(batch.frames(message)) }
        }
    }

    package func waitUntilReady(milliseconds: Int) throws(TransportFault) {
        try reactor.waitUntilReady(milliseconds: milliseconds)
    }

    package func stop() { reactor.stop() }

    /// Takes effect for peers that connect from now on.
    package func replace(_ domains: [String: Domain]) { self.domains.withLock { $0 = domains } }

    package var admitted: UInt64 { admittedCount.load(ordering: .relaxed) }
    package var refused: UInt64 { refusedCount.load(ordering: .relaxed) }

    /// Frames: our route, empty, version, request, domain, address, identity, mechanism, credentials…
    private func answer(_ frames: [[UInt8]]) {
        guard frames.count >= 8, frames[1].isEmpty else { return }
        let verdict = frames[2] == Array("1.0".utf8) ? verdict(frames) : nil
        if verdict == nil {
            refusedCount.add(1, ordering: .relaxed)
            onRefusal(String(decoding: frames[4], as: UTF8.self), String(decoding: frames[5], as: UTF8.self))
        } else {
            admittedCount.add(1, ordering: .relaxed)
        }
        let status = verdict == nil ? ("400", "no such key in this domain") : ("200", "OK")
        reactor.send(
            [
                frames[0], [], Array("1.0".utf8), frames[3], Array(status.0.utf8), Array(status.1.utf8),
                Array((verdict ?? "").utf8), [],
            ], on: 0, matters: true)
    }

    /// The user's name, empty for an admitted peer without one; nil: turned away.
    private func verdict(_ frames: [[UInt8]]) -> String? {
        let name = String(decoding: frames[4], as: UTF8.self)
        guard let domain = domains.withLock({ $0[name] }) else { return nil }
        switch String(decoding: frames[7], as: UTF8.self) {
        case "CURVE": return frames.count == 9 ? domain.users[frames[8]] : nil
        case "NULL": return domain.admitsPlain ? "" : nil
        default: return nil
        }
    }
}
