import DuctusStreaming
import DuctusTransport

/// Answers what a client may do. Immutable: a reload makes a new one.
///
/// Clients on ipc are let in by the rights of the socket's file and may do everything; clients on TCP may do what the
/// allow-list gives to their key, on streams with the prefixes given there.
package struct AccessPolicy: Equatable, Sendable {
    package typealias Right = AllowedClient.Right

    private let clients: [String: AllowedClient]
    private let localWriters: Configuration.Security.LocalWriters

    /// - Parameter localWriters: As whom users of this machine may write and correct.
    package init(_ list: AllowList = AllowList(), localWriters: Configuration.Security.LocalWriters = .any) {
        self.localWriters = localWriters
        clients = Dictionary(list.clients.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        names = Dictionary(list.clients.map { ($0.key, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    private let names: [String: String]

    /// The user name that the authenticator gives to the holder of a key; nil: not let in.
    package func user(publicKey: String) -> String? { names[publicKey] }

    /// May `peer` do this on the stream? For `.control` the stream does not matter.
    package func allows(_ right: Right, on stream: StreamName? = nil, to peer: PeerIdentity) -> Bool {
        guard case .listed(let client) = standing(of: peer) else { return standing(of: peer) == .ofThisMachine }
        guard client.rights.contains(right) else { return false }
        guard right != .control else { return true }
        guard let stream else { return false }
        return client.streams.contains { stream.text.hasPrefix($0) }
    }

    /// May `peer` subscribe to every topic that begins with `prefix`?
    ///
    /// ZeroMQ subscribes to prefixes, so `labels.desk` reaches `labels.desk-1` and `labels.desk-2`: all of them must be allowed.
    /// Topics without a stream, such as `events`, take the right alone.
    package func allowsSubscription(to prefix: String, by peer: PeerIdentity) -> Bool {
        guard case .listed(let client) = standing(of: peer) else { return standing(of: peer) == .ofThisMachine }
        guard client.rights.contains(.subscribe) else { return false }
        if client.streams.contains("") || prefix == "events" { return true }
        guard let dot = prefix.firstIndex(of: ".") else { return false }
        let streams = prefix[prefix.index(after: dot)...]
        return client.streams.contains { streams.hasPrefix($0) }
    }

    /// May `peer` have ink read at once? It keeps nothing and shows nothing of others: whoever may publish may do that, too.
    package func allowsReading(by peer: PeerIdentity) -> Bool {
        guard case .listed(let client) = standing(of: peer) else { return standing(of: peer) == .ofThisMachine }
        return client.rights.contains(.publish) || client.rights.contains(.control)
    }

    /// May `peer` write, and correct, as this writer?
    package func allows(writer: String, to peer: PeerIdentity) -> Bool {
        switch standing(of: peer) {
        case .stranger: return false
        case .listed(let client): return client.writers.contains { writer.hasPrefix($0) }
        case .ofThisMachine:
            guard localWriters == .own, case .localUser(let uid) = peer.kind else { return true }
            guard let user = MachineUser.name(of: uid) else { return false }
            return writer == user || writer.hasPrefix(user + "-")
        }
    }

    /// May `peer` have messages of this topic? Asked for each message, so that a right that was taken away ends at once.
    package func allows(topic: [UInt8], to peer: PeerIdentity) -> Bool {
        switch standing(of: peer) {
        case .ofThisMachine: return true
        case .stranger: return false
        case .listed(let client):
            guard client.rights.contains(.subscribe) else { return false }
            guard let dot = topic.firstIndex(of: UInt8(ascii: ".")) else { return topic == Self.events }
            let stream = topic[(dot + 1)...]
            return client.streams.contains { stream.starts(with: $0.utf8) }
        }
    }

    private static let events = Array("events".utf8)

    private enum Standing: Equatable {
        /// The rights of the socket's file let it in.
        case ofThisMachine
        case listed(AllowedClient)
        case stranger
    }

    private func standing(of peer: PeerIdentity) -> Standing {
        switch peer.kind {
        case .localUser: .ofThisMachine
        case .key, .token: clients[peer.name].map(Standing.listed) ?? .stranger
        case .unknown: .stranger
        }
    }
}
