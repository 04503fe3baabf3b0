import DuctusStreaming
import DuctusTransport
import DuctusWire
import Synchronization

/// Rights and quotas in force at the daemon's sockets: who connects, what they publish, subscribe to and ask for.
///
/// A socket that listens on TCP asks every client for a key, over whatever endpoint it comes. Sockets on ipc alone rely on the rights of
/// their files; there only quotas apply, by user of the machine.
package final class AccessControl: Sendable {
    /// Why a packet or a request was not taken; the raw values are reasons in the metrics.
    package enum Refusal: String, CaseIterable, Sendable {
        case forbidden
        case streams = "quota_streams"
        case bytes = "quota_bytes"
        case corrections = "quota_corrections"

        /// For the log.
        fileprivate var reason: String {
            switch self {
            case .forbidden: "the client has no right to it"
            case .streams: "more streams than quotas.streams"
            case .bytes: "more than quotas.bytes_per_second"
            case .corrections: "more than quotas.corrections_per_minute"
            }
        }
    }

    /// The sockets, by their names in the configuration, and which right lets a client connect at all.
    private static let entrance: [(socket: String, rights: Set<AllowedClient.Right>)] = [
        ("ink", [.publish]), ("features", [.publish]), ("labels", [.subscribe]), ("control", [.control, .correct]),
    ]

    /// The one that the daemon's sockets must belong to.
    package let context: Context
    private let secretKey: CurveKey?
    /// Sockets that listen on TCP.
    private let guarded: Set<String>
    private let policy: Mutex<AccessPolicy>
    private let quotas: ClientQuotas
    private let authenticator: Authenticator?
    private let faults: FaultLog?
    private let refusals = Mutex<[Refusal: UInt64]>([:])

    /// Reads the keys and the allow-list.
    /// - Parameters:
    ///   - faults: Told of everything that is turned away.
    ///   - now: Monotonic nanoseconds.
    /// - Throws: `KeyFileFault`, `ConfigurationError`, `TransportFault`.
    package init(_ configuration: Configuration, faults: FaultLog? = nil, now: @escaping @Sendable () -> Int64) throws {
        self.faults = faults
        context = try Context()
        let endpoints = configuration.endpoints
        let all = [
            "ink": endpoints.ink, "features": endpoints.features, "labels": endpoints.labels,
            "control": endpoints.control,
        ]
        guarded = Set(all.filter { $0.value.contains { $0.scheme == .tcp } }.keys)
        secretKey = try configuration.security.serverKey.map { try KeyFile.read($0).secretKey }
        let list =
            try configuration.security.clients.map { path throws(ConfigurationError) in try AllowList(contentsOf: path)
            } ?? AllowList()
        policy = Mutex(AccessPolicy(list))
        quotas = ClientQuotas(configuration.quotas, idleStream: configuration.limits.idleStream, now: now)
        authenticator =
            guarded.isEmpty
            ? nil
            : try Authenticator(context: context, domains: Self.domains(list)) { domain, address in
                faults?.report(
                    "peer_refused",
                    "a client was turned away at the socket '\(domain)': its key is not in the allow-list, or lacks the right",
                    metadata: ["address": "\(address)"])
            }
    }

    /// Must be running before the sockets open.
    package func start() throws(TransportFault) {
        guard let authenticator else { return }
        try authenticator.run()
        try authenticator.waitUntilReady(milliseconds: 2000)
    }

    /// After the sockets are closed.
    package func stop() { authenticator?.stop() }

    /// What a reload changes: rights for peers that connect from now on and for every packet and request from now on; quotas.
    /// - Throws: `ConfigurationError`; then all stays as it was.
    package func change(to configuration: Configuration) throws(ConfigurationError) {
        var list = AllowList()
        if let path = configuration.security.clients { list = try AllowList(contentsOf: path) }
        policy.withLock { $0 = AccessPolicy(list) }
        authenticator?.replace(Self.domains(list))
        quotas.change(to: configuration.quotas)
    }

    /// How a socket is protected.
    package func security(of socket: String) -> SocketOptions.Security {
        guard guarded.contains(socket), let secretKey else { return .none }
        return .server(secretKey: secretKey, domain: socket)
    }

    /// Whether subscriptions have to be asked for one by one.
    package var guardsSubscriptions: Bool { guarded.contains("labels") }

    // MARK: Questions on the way of each message

    /// May `peer` publish so many bytes for `stream` now? Nil: yes.
    package func admit(_ bytes: Int, of stream: StreamName, from peer: Peer) -> Refusal? {
        let refusal: Refusal?
        if policy.withLock({ $0.allows(.publish, on: stream, to: peer) }) {
            refusal = quotas.admit(bytes, of: stream, from: peer)
        } else {
            refusal = .forbidden
        }
        return count(refusal, "a packet of the stream \(stream)", peer)
    }

    /// May `peer` have all topics that begin with `prefix`? The topics that start with `ready.` carry nothing and are free.
    package func permits(_ prefix: [UInt8], to peer: Peer) -> Bool {
        let prefix = String(decoding: prefix, as: UTF8.self)
        let isAllowed = prefix.hasPrefix("ready.") || policy.withLock { $0.allowsSubscription(to: prefix, by: peer) }
        if !isAllowed { count(.forbidden, "a subscription to '\(prefix)'", peer) }
        return isAllowed
    }

    /// May `peer` ask this now? Nil: yes.
    package func admit(_ request: WireControlRequest, from peer: Peer) -> Refusal? {
        guard case .correct(let correction) = request.body else {
            return policy.withLock { $0.allows(.control, to: peer) } ? nil : count(.forbidden, "a request", peer)
        }
        guard let stream = StreamName(correction.stream), policy.withLock({ $0.allows(.correct, on: stream, to: peer) })
        else {
            // On ipc a name that is none is for the handler to explain.
            return peer.user == nil && peer.uid != nil ? nil : count(.forbidden, "a correction", peer)
        }
        return count(quotas.admitCorrection(from: peer), "a correction", peer)
    }

    // MARK: Figures

    package var refused: [Refusal: UInt64] { refusals.withLock { $0 } }
    package var peersAdmitted: UInt64 { authenticator?.admitted ?? 0 }
    package var peersRefused: UInt64 { authenticator?.refused ?? 0 }

    /// Tells them in the metrics, each time they are read; what was refused is among the server's drops.
    package func publish(in registry: PrometheusRegistry) {
        let totals = RunningTotals()
        let admitted = MetricCatalogue.peersAdmitted.counter(from: registry)
        let refused = MetricCatalogue.peersRefused.counter(from: registry)
        registry.beforeReading { [self] in
            totals.advance(admitted, to: peersAdmitted, key: "admitted")
            totals.advance(refused, to: peersRefused, key: "refused")
        }
    }

    @discardableResult
    private func count(_ refusal: Refusal?, _ what: @autoclosure () -> String, _ peer: Peer) -> Refusal? {
        guard let refusal else { return nil }
        refusals.withLock { $0[refusal, default: 0] += 1 }
        faults?.report(
            refusal.rawValue, "\(what()) was turned away: \(refusal.reason)", metadata: ["client": "\(peer)"])
        return refusal
    }

    private static func domains(_ list: AllowList) -> [String: Authenticator.Domain] {
        var domains: [String: Authenticator.Domain] = [:]
        for (socket, rights) in entrance {
            var domain = Authenticator.Domain()
            for client in list.clients where !rights.isDisjoint(with: client.rights) {
                if let key = try? CurveKey(client.key) { domain.users[key.bytes] = client.name }
            }
            domains[socket] = domain
        }
        return domains
    }
}

/// Turns requests away before any other handler sees them.
package struct AccessHandler: ControlHandler {
    private let access: AccessControl

    package init(access: AccessControl) {
        self.access = access
    }

    package func handle(
        _ request: WireControlRequest, from peer: Peer, reply: @escaping @Sendable (WireControlReply) -> Void
    ) -> Bool {
        switch access.admit(request, from: peer) {
        case nil: return false
        case .corrections:
            refuse(
                request, .rateLimited, "too many corrections in a minute",
                remedy: "send them more slowly, or raise quotas.corrections_per_minute", reply)
        case .forbidden, .streams, .bytes:
            refuse(
                request, .forbidden, "this client has no right to ask for that",
                remedy: "give its key the right 'control' or 'correct', and the stream's prefix, in the allow-list",
                reply)
        }
        return true
    }

    private func refuse(
        _ request: WireControlRequest, _ code: WireFailure.Code, _ message: String, remedy: String,
        _ reply: (WireControlReply) -> Void
    ) {
        reply(WireControlReply(id: request.id, failure: ControlFailure(code, message, remedy: remedy)))
    }
}
