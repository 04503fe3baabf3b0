import DuctusStreaming
import DuctusTransport
import DuctusWire
import Synchronization

/// Rights and quotas in force, whatever transport a client came by: what it publishes, subscribes to, gets and asks for.
///
/// Holders of keys and tokens may do what the allow-list gives them. Users of this machine were let in by the rights of the socket's
/// file; there only quotas apply.
package final class AccessControl: Sendable {
    /// Why a packet or a request was not taken; the raw values are reasons in the metrics.
    package enum Refusal: String, CaseIterable, Sendable {
        case forbidden
        case writer = "forbidden_writer"
        case streams = "quota_streams"
        case bytes = "quota_bytes"
        case corrections = "quota_corrections"

        /// The reason, for the log.
        fileprivate var reason: String {
            switch self {
            case .forbidden: "the client has no right to it"
            case .writer: "the name is not among those that the client may write as"
            case .streams: "more streams than quotas.streams"
            case .bytes: "more than quotas.bytes_per_second"
            case .corrections: "more than quotas.corrections_per_minute"
            }
        }
    }

    private let policy: Mutex<AccessPolicy>
    private let quotas: ClientQuotas
    private let faults: FaultLog?
    private let refusals = Mutex<[Refusal: UInt64]>([:])
    private let current: Mutex<(list: AllowList, quotas: Configuration.Quotas)>
    private let listObservers = Mutex<[@Sendable (AllowList) -> Void]>([])
    private let quotaObservers = Mutex<[@Sendable (Configuration.Quotas) -> Void]>([])

    /// Reads the allow-list.
    /// - Parameters:
    ///   - faults: Told of everything that is turned away.
    ///   - now: Monotonic nanoseconds.
    /// - Throws: `ConfigurationError`.
    package init(
        _ configuration: Configuration, faults: FaultLog? = nil, now: @escaping @Sendable () -> Int64
    ) throws(ConfigurationError) {
        self.faults = faults
        let list = try Self.list(configuration)
        current = Mutex((list, configuration.quotas))
        policy = Mutex(AccessPolicy(list, localWriters: configuration.security.localWriters))
        quotas = ClientQuotas(configuration.quotas, idleStream: configuration.limits.idleStream, now: now)
    }

    /// Applies a reload: new rights for every connection, packet, request and message from now on, and new quotas.
    /// - Throws: `ConfigurationError`; then nothing changes.
    package func change(to configuration: Configuration) throws(ConfigurationError) {
        let list = try Self.list(configuration)
        policy.withLock { $0 = AccessPolicy(list, localWriters: configuration.security.localWriters) }
        current.withLock { $0 = (list, configuration.quotas) }
        quotas.change(to: configuration.quotas)
        for observer in listObservers.withLock({ $0 }) { observer(list) }
        for observer in quotaObservers.withLock({ $0 }) { observer(configuration.quotas) }
    }

    /// Tells a transport whom to let in: at once, and after each reload.
    package func follow(_ observer: @escaping @Sendable (AllowList) -> Void) {
        listObservers.withLock { $0.append(observer) }
        observer(current.withLock { $0.list })
    }

    /// Tells a transport how much one client may have: at once, and after each reload.
    package func followQuotas(_ observer: @escaping @Sendable (Configuration.Quotas) -> Void) {
        quotaObservers.withLock { $0.append(observer) }
        observer(current.withLock { $0.quotas })
    }

    private static func list(_ configuration: Configuration) throws(ConfigurationError) -> AllowList {
        guard let path = configuration.security.clients else { return AllowList() }
        return try AllowList(contentsOf: path)
    }

    // MARK: Questions on the way of each message

    /// May `peer` publish so many bytes for `stream` now? Nil: yes.
    ///
    /// - Parameter isReadable: asked about a packet that nothing else speaks for: the first of a stream whose client's bytes are used up.
    package func admit(
        _ bytes: Int, of stream: StreamName, from peer: PeerIdentity, isReadable: () -> Bool = { false }
    ) -> Refusal? {
        var refusal: Refusal?
        if policy.withLock({ $0.allows(.publish, on: stream, to: peer) }) {
            refusal = quotas.admit(bytes, of: stream, from: peer)
            if refusal == .bytes, quotas.isStranger(stream, to: peer) {
                let isShort = bytes <= Self.short
                if isShort || quotas.mayTry(bytes, from: peer) {
                    if isReadable() { refusal = quotas.admit(bytes, of: stream, from: peer, isReadable: true) }
                    if refusal != nil, !isShort { quotas.noteTrial(bytes, from: peer) }
                }
            }
        } else {
            refusal = .forbidden
        }
        return count(refusal, "a packet of the stream \(stream)", peer)
    }

    /// Reading a packet up to this number of bytes costs little more than taking it from the socket.
    private static let short = 4096

    /// The packet of `stream` that was admitted last could not be read.
    package func noteUnreadable(_ stream: StreamName, from peer: PeerIdentity) {
        quotas.noteUnreadable(stream, from: peer)
    }

    /// May `peer` publish so many bytes for `stream` now, as far as its quota goes? A no counts as turned away.
    package func hasRoom(for bytes: Int, of stream: StreamName?, from peer: PeerIdentity) -> Bool {
        count(quotas.hasRoom(for: bytes, of: stream, from: peer) ? nil : .bytes, "a long packet", peer) == nil
    }

    /// May `peer` subscribe to all topics that begin with `prefix`? Nil: yes.
    package func admit(subscriptionTo prefix: [UInt8], by peer: PeerIdentity) -> Refusal? {
        let prefix = String(decoding: prefix, as: UTF8.self)
        if policy.withLock({ $0.allowsSubscription(to: prefix, by: peer) }) { return nil }
        return count(.forbidden, "a subscription to '\(prefix.prefix(80))'", peer)
    }

    /// May `peer` have a message of this topic now? Not counted: what was asked for in time may come to an end.
    package func permits(_ topic: [UInt8], to peer: PeerIdentity) -> Bool {
        policy.withLock { $0.allows(topic: topic, to: peer) }
    }

    /// May `peer` write as this writer? A hello that says so otherwise is taken without the name.
    package func admit(writer: String, of stream: StreamName, from peer: PeerIdentity) -> Refusal? {
        if policy.withLock({ $0.allows(writer: writer, to: peer) }) { return nil }
        return count(.writer, "the writer's name '\(writer)' in a hello of the stream \(stream)", peer)
    }

    /// May `peer` correct what this writer wrote? What was written under no name, whoever may correct its stream.
    package func admit(correctionOf writer: String?, from peer: PeerIdentity) -> Refusal? {
        guard let writer, !policy.withLock({ $0.allows(writer: writer, to: peer) }) else { return nil }
        return count(.writer, "a correction of what '\(writer)' wrote", peer)
    }

    /// May `peer` ask this now? Nil: yes.
    package func admit(_ request: WireControlRequest, from peer: PeerIdentity) -> Refusal? {
        if case .recognize = request.body {
            return policy.withLock { $0.allowsReading(by: peer) } ? nil : count(.forbidden, "a request", peer)
        }
        guard case .correct(let correction) = request.body else {
            return policy.withLock { $0.allows(.control, to: peer) } ? nil : count(.forbidden, "a request", peer)
        }
        guard let stream = StreamName(correction.stream), policy.withLock({ $0.allows(.correct, on: stream, to: peer) })
        else {
            // On ipc a name that is none is for the handler to explain.
            if case .localUser = peer.kind { return nil }
            return count(.forbidden, "a correction", peer)
        }
        return count(quotas.admitCorrection(from: peer), "a correction", peer)
    }

    // MARK: Figures

    package var refused: [Refusal: UInt64] { refusals.withLock { $0 } }
    @discardableResult
    private func count(_ refusal: Refusal?, _ what: @autoclosure () -> String, _ peer: PeerIdentity) -> Refusal? {
        guard let refusal else { return nil }
        refusals.withLock { $0[refusal, default: 0] += 1 }
        faults?.report(
            refusal.rawValue, "\(what()) was turned away: \(refusal.reason)", metadata: ["client": "\(peer)"])
        return refusal
    }
}

/// Turns requests away before any other handler sees them.
package struct AccessHandler: ControlHandler {
    private let access: AccessControl

    package init(access: AccessControl) {
        self.access = access
    }

    package func handle(
        _ request: WireControlRequest, from peer: PeerIdentity, reply: @escaping @Sendable (WireControlReply) -> Void
    ) -> Bool {
        switch access.admit(request, from: peer) {
        case nil: return false
        case .corrections:
            refuse(
                request, .rateLimited, "too many corrections in a minute",
                remedy: "send them more slowly, or raise quotas.corrections_per_minute", reply)
        case .forbidden, .writer, .streams, .bytes:
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
