import DuctusTransport
import DuctusTransportZeroMQ
import Testing

@Suite struct SubscriberTests {
    /// An XPUB reactor that surfaces subscriptions in `seen`.
    private func publisher(
        _ scene: Scene, _ endpoint: Endpoint, seen: Seen, permits: (@Sendable (PeerIdentity, [UInt8]) -> Bool)? = nil
    ) throws -> Reactor {
        var options = SocketOptions()
        options.everySubscription = true
        options.manualSubscriptions = permits != nil
        var port = Port(.xpub, options: options, bind: [endpoint])
        port.answersSubscriptionsTo = "ready."
        port.permits = permits
        let reactor = try Reactor(context: scene.context, ports: [port])
        try reactor.run { seen.record($0, $1) }
        return reactor
    }

    @Test func everySubscriberIsSurfacedEvenOnTheSameTopic() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("labels")
        let seen = Seen()
        let reactor = try publisher(scene, endpoint, seen: seen)
        defer { reactor.stop() }
        let subscribers = try (0..<3).map { _ in try Subscriber(context: scene.context, endpoint: endpoint) }
        for subscriber in subscribers {
            try subscriber.subscribe("labels.a".bytes)
            try subscriber.waitUntilSubscribed(milliseconds: 5000)
        }
        let messages = seen.wait(for: 3)
        #expect(messages.map(\.frames) == Array(repeating: [[1] + "labels.a".bytes], count: 3))
    }

    @Test func afterWaitingNoMessageIsMissed() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("labels")
        let reactor = try publisher(scene, endpoint, seen: Seen())
        defer { reactor.stop() }
        for round in 0..<20 {
            let subscriber = try Subscriber(context: scene.context, endpoint: endpoint)
            try subscriber.subscribe("labels.\(round)".bytes)
            try subscriber.waitUntilSubscribed(milliseconds: 5000)
            reactor.send(["labels.\(round)".bytes, [1]], on: 0)
            #expect(try subscriber.receive(milliseconds: 5000) == ["labels.\(round)".bytes, [1]])
        }
    }

    @Test func aSubscriptionThatIsNotPermittedGetsNothing() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("labels")
        let seen = Seen()
        let reactor = try publisher(scene, endpoint, seen: seen) { _, prefix in prefix.starts(with: "labels.mine".bytes)
        }
        defer { reactor.stop() }
        let subscriber = try Subscriber(context: scene.context, endpoint: endpoint)
        try subscriber.subscribe("labels.".bytes)
        try subscriber.subscribe("labels.mine".bytes)
        try subscriber.waitUntilSubscribed(milliseconds: 5000)
        reactor.send(["labels.other".bytes, [1]], on: 0)
        reactor.send(["labels.mine".bytes, [2]], on: 0)
        #expect(try subscriber.receive(milliseconds: 5000) == ["labels.mine".bytes, [2]])
        #expect(reactor.totals.denied == 1)
        #expect(seen.wait(for: 1).map(\.frames) == [[[1] + "labels.mine".bytes]])
    }

    @Test func unsubscribingWorksUnderPermissionsToo() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("labels")
        let reactor = try publisher(scene, endpoint, seen: Seen()) { _, _ in true }
        defer { reactor.stop() }
        let subscriber = try Subscriber(context: scene.context, endpoint: endpoint)
        try subscriber.subscribe("a".bytes)
        try subscriber.subscribe("b".bytes)
        try subscriber.unsubscribe("a".bytes)
        try subscriber.waitUntilSubscribed(milliseconds: 5000)
        reactor.send(["a".bytes, [1]], on: 0)
        reactor.send(["b".bytes, [2]], on: 0)
        #expect(try subscriber.receive(milliseconds: 5000) == ["b".bytes, [2]])
    }

    @Test func withoutADaemonWaitingFails() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("nobody")
        let subscriber = try Subscriber(context: scene.context, endpoint: endpoint)
        #expect(throws: TransportFault.timeout(waitingFor: "answer", endpoint: endpoint.description, milliseconds: 50))
        {
            try subscriber.waitUntilSubscribed(milliseconds: 50)
        }
    }
}
