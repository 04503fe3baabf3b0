import DuctusTransport
import DuctusTransportZeroMQ
import Foundation
import Synchronization

/// What a daemon would do, as far as a transport's tests need it: lets everybody have everything that no rule forbids, and answers
/// requests with their bytes turned round.
final class RecordingHandler: MessageHandler {
    struct State {
        var taken: [[[UInt8]]] = []
        var wanted: [String] = []
        var welcome: [Publication] = []
        var mayHave: @Sendable (_ topic: [UInt8], PeerIdentity) -> Bool = { _, _ in true }
        var hasRoom: @Sendable (_ bytes: Int, _ topic: [UInt8], PeerIdentity) -> Bool = { _, _, _ in true }
        var maySubscribe: @Sendable (_ prefix: [UInt8], PeerIdentity) -> Bool = { _, _ in true }
    }

    private let state = Mutex(State())

    func change(_ body: (inout sending State) -> Void) { state.withLock { body(&$0) } }
    var wanted: [String] { state.withLock { $0.wanted } }
    var taken: [[[UInt8]]] { state.withLock { $0.taken } }

    func receive(_ batch: MessageBatch) {
        for message in 0..<batch.count {
            let frames = batch.frames(message)
            state.withLock { $0.taken.append(frames) }
        }
    }

    func hasRoom(for bytes: Int, of topic: [UInt8], from peer: PeerIdentity) -> Bool {
        state.withLock { $0.hasRoom }(bytes, topic, peer)
    }

    func answer(_ request: [UInt8], from peer: PeerIdentity, reply: @escaping @Sendable ([UInt8]) -> Void) {
        reply(request.reversed())
    }

    func permitsSubscription(to prefix: [UInt8], by peer: PeerIdentity) -> Bool {
        state.withLock { $0.maySubscribe }(prefix, peer)
    }

    func permits(_ topic: [UInt8], to peer: PeerIdentity) -> Bool { state.withLock { $0.mayHave }(topic, peer) }

    func welcome(to prefix: [UInt8]) -> [Publication] {
        state.withLock { $0.welcome }.filter { $0.topic.starts(with: prefix) }
    }

    func subscription(to prefix: [UInt8], isWanted: Bool) {
        state.withLock { $0.wanted.append((isWanted ? "+" : "-") + String(decoding: prefix, as: UTF8.self)) }
    }
}

/// A running transport on ipc or, with keys, on TCP.
final class TransportScene {
    let scene: Scene
    let handler = RecordingHandler()
    let transport: ZeroMQTransport
    let server: CurveKeyPair
    let keys: [String: CurveKeyPair]

    /// - Parameter clients: Who has a key; none: plain sockets on ipc.
    init(clients: [String] = [], _ change: (inout ZeroMQTransport.Settings) -> Void = { _ in }) throws {
        let scene = try Scene()
        self.scene = scene
        server = try CurveKeyPair()
        keys = try Dictionary(uniqueKeysWithValues: clients.map { ($0, try CurveKeyPair()) })
        func endpoint(_ name: String) throws -> [Endpoint] {
            [clients.isEmpty ? try scene.ipc(name) : try Endpoint("tcp://127.0.0.1:*")]
        }
        var settings = ZeroMQTransport.Settings()
        settings.inputs = [.init("ink", try endpoint("ink"), prefix: "ink.")]
        settings.output = .init("labels", try endpoint("labels"))
        settings.requests = .init("control", try endpoint("control"))
        settings.secretKey = server.secretKey
        let users = Dictionary(uniqueKeysWithValues: keys.map { ($1.publicKey.bytes, $0) })
        for name in ["ink", "labels", "control"] { settings.domains[name] = .init(users: users) }
        change(&settings)
        transport = try ZeroMQTransport(settings)
        try transport.start(handler)
    }

    deinit { transport.stop() }

    var labels: Endpoint { transport.endpoints[1][0] }

    func security(_ client: String?) throws -> SocketOptions.Security {
        guard let client, let keys = keys[client] else { return .none }
        return .client(serverKey: server.publicKey, keys: keys)
    }

    func subscriber(_ prefixes: String..., as client: String? = nil) throws -> Subscriber {
        let subscriber = try Subscriber(context: scene.context, endpoint: labels, security: security(client))
        for prefix in prefixes { try subscriber.subscribe(prefix.bytes) }
        try subscriber.waitUntilSubscribed(milliseconds: 10_000)
        return subscriber
    }

    func publish(_ topic: String, _ payload: [UInt8] = [1]) {
        transport.send(Publication(topic.bytes, payload), matters: true)
    }

    func control() -> ControlClient { ControlClient(context: scene.context, endpoint: transport.endpoints[2][0]) }

    /// Waits, without sleeping, until it is so.
    func comesTo(seconds: Double = 10, _ isSo: () -> Bool) -> Bool {
        let limit = Date(timeIntervalSinceNow: seconds)
        while Date() < limit {
            if isSo() { return true }
            sched_yield()
        }
        return false
    }
}
