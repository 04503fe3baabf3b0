import DuctusTransportZeroMQ
import Foundation
import Testing

@Suite struct AuthenticatorTests {
    private final class Guarded {
        let scene: Scene
        let authenticator: Authenticator
        let reactor: Reactor
        let server: CurveKeyPair
        let friend: CurveKeyPair
        let seen = Seen()
        let endpoint: Endpoint

        init() throws {
            scene = try Scene()
            server = try CurveKeyPair()
            friend = try CurveKeyPair()
            authenticator = try Authenticator(
                context: scene.context,
                domains: ["ink": .init(users: [friend.publicKey.bytes: "friend"]), "control": .init()])
            try authenticator.run()
            var port = Port(.subscribe, bind: [try Endpoint("tcp://127.0.0.1:*")])
            port.options.security = .server(secretKey: server.secretKey, domain: "ink")
            port.subscriptions = [""]
            port.asksPeers = true
            var control = port
            control.kind = .router
            control.subscriptions = []
            control.options.security = .server(secretKey: server.secretKey, domain: "control")
            reactor = try Reactor(context: scene.context, ports: [port, control])
            endpoint = try #require(reactor.endpoints[0].first)
            try reactor.run { [seen] in seen.record($0, $1) }
        }

        deinit {
            reactor.stop()
            authenticator.stop()
        }

        func publisher(_ security: SocketOptions.Security) throws -> Publisher {
            try Publisher(context: scene.context, endpoint: endpoint, security: security)
        }
    }

    @Test func theRightKeyComesInAndIsNamed() throws {
        let guarded = try Guarded()
        let publisher = try guarded.publisher(.client(serverKey: guarded.server.publicKey, keys: guarded.friend))
        try publisher.waitForSubscription(to: "a".bytes, milliseconds: 5000)
        try publisher.send(topic: "a".bytes, payload: [1])
        #expect(guarded.seen.wait(for: 1).map(\.peer.name) == ["friend"])
        #expect(guarded.authenticator.admitted == 1)
    }

    @Test func anUnknownKeyIsTurnedAway() throws {
        let guarded = try Guarded()
        let publisher = try guarded.publisher(
            .client(serverKey: guarded.server.publicKey, keys: try CurveKeyPair()))
        let fault = #expect(throws: TransportFault.self) {
            try publisher.waitForSubscription(to: "a".bytes, milliseconds: 5000)
        }
        guard case .refused = fault else {
            Issue.record("expected a refusal, not \(String(describing: fault))")
            return
        }
        #expect(guarded.authenticator.refused >= 1)
    }

    @Test func aWrongServerKeyIsTurnedAway() throws {
        let guarded = try Guarded()
        let publisher = try guarded.publisher(
            .client(serverKey: try CurveKeyPair().publicKey, keys: guarded.friend))
        #expect(throws: TransportFault.self) {
            try publisher.waitForSubscription(to: "a".bytes, milliseconds: 1000)
        }
        #expect(guarded.authenticator.admitted == 0)
    }

    @Test func aPlainClientIsTurnedAway() throws {
        let guarded = try Guarded()
        let publisher = try guarded.publisher(.none)
        #expect(throws: TransportFault.self) {
            try publisher.waitForSubscription(to: "a".bytes, milliseconds: 1000)
        }
        #expect(guarded.authenticator.admitted == 0)
    }

    @Test func aKeyOfOneDomainIsNoneOfAnother() throws {
        let guarded = try Guarded()
        let control = try #require(guarded.reactor.endpoints[1].first)
        let client = ControlClient(
            context: guarded.scene.context, endpoint: control,
            security: .client(serverKey: guarded.server.publicKey, keys: guarded.friend))
        let fault = #expect(throws: TransportFault.self) { try client.request([1], milliseconds: 5000) }
        guard case .refused = fault else {
            Issue.record("expected a refusal, not \(String(describing: fault))")
            return
        }
    }

    @Test func aReplacedListIsUsedForNewPeers() throws {
        let guarded = try Guarded()
        let late = try CurveKeyPair()
        guarded.authenticator.replace(["ink": .init(users: [late.publicKey.bytes: "late"])])
        let publisher = try guarded.publisher(.client(serverKey: guarded.server.publicKey, keys: late))
        try publisher.waitForSubscription(to: "a".bytes, milliseconds: 5000)
        try publisher.send(topic: "a".bytes, payload: [])
        #expect(guarded.seen.wait(for: 1).map(\.peer.name) == ["late"])
    }

    @Test(arguments: [true, false]) func ipcWithoutKeysEntersWhereTheDomainAdmitsIt(admits: Bool) throws {
        let scene = try Scene()
        let authenticator = try Authenticator(
            context: scene.context, domains: ["local": .init(admitsPlain: admits)])
        try authenticator.run()
        defer { authenticator.stop() }
        let endpoint = try scene.ipc("ink")
        var port = Port(.subscribe, bind: [endpoint])
        port.options.security = .asking(domain: "local")
        port.subscriptions = [""]
        let reactor = try Reactor(context: scene.context, ports: [port])
        try reactor.run { _, _ in }
        defer { reactor.stop() }
        let publisher = try Publisher(context: scene.context, endpoint: endpoint)
        if admits {
            try publisher.waitForSubscription(to: "a".bytes, milliseconds: 5000)
        } else {
            #expect(throws: TransportFault.self) {
                try publisher.waitForSubscription(to: "a".bytes, milliseconds: 1000)
            }
        }
        #expect(authenticator.admitted == (admits ? 1 : 0))
    }
}
