import DuctusTransportZeroMQ
import Foundation
import Testing

@Suite struct PublisherTests {
    private func daemon(_ scene: Scene, _ endpoint: Endpoint, seen: Seen) throws -> Reactor {
        var port = Port(.subscribe, bind: [endpoint])
        port.subscriptions = ["ink."]
        let reactor = try Reactor(context: scene.context, ports: [port])
        try reactor.run { seen.record($0, $1) }
        return reactor
    }

    @Test func theFirstMessageIsNeverLost() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("ink")
        let seen = Seen()
        let reactor = try daemon(scene, endpoint, seen: seen)
        defer { reactor.stop() }
        for round in 0..<20 {
            let publisher = try Publisher(context: scene.context, endpoint: endpoint)
            try publisher.waitForSubscription(to: "ink.\(round)".bytes, milliseconds: 5000)
            try publisher.send(topic: "ink.\(round)".bytes, payload: [0])
            #expect(seen.wait(for: round + 1).count == round + 1)
        }
    }

    @Test func aRestartedDaemonIsGreetedAgain() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("ink")
        let first = Seen()
        let one = try daemon(scene, endpoint, seen: first)
        let publisher = try Publisher(context: scene.context, endpoint: endpoint)
        try publisher.waitForSubscription(to: "ink.a".bytes, milliseconds: 5000)
        #expect(try publisher.takeNewSubscription(to: "ink.a".bytes))
        #expect(try !publisher.takeNewSubscription(to: "ink.a".bytes))
        one.stop()
        try publisher.waitForSubscriptionToEnd("ink.a".bytes)
        let second = Seen()
        let two = try daemon(scene, endpoint, seen: second)
        defer { two.stop() }
        try publisher.waitForSubscription(to: "ink.a".bytes, milliseconds: 5000)
        #expect(try publisher.takeNewSubscription(to: "ink.a".bytes))
        try publisher.send(topic: "ink.a".bytes, payload: [9])
        #expect(second.wait(for: 1).map(\.frames) == [["ink.a".bytes, [9]]])
    }

    /// What a dead daemon had subscribed to says nothing of the one that came after it.
    @Test func asSoonAsAnotherDaemonIsConnected_onlyItsSubscriptionsCount() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("ink")
        let one = try daemon(scene, endpoint, seen: Seen())
        let publisher = try Publisher(context: scene.context, endpoint: endpoint)
        try publisher.waitForSubscription(to: "ink.a".bytes, milliseconds: 5000)
        one.stop()
        let another = try Socket(.subscribe, context: scene.context)
        let monitor = try SocketMonitor(of: another)
        try another.subscribe("other.".bytes)
        try another.bind(endpoint)
        while let event = try monitor.next(milliseconds: 10_000), event != .handshakeSucceeded {}
        #expect(try !publisher.isSubscribed(to: "ink.a".bytes))
        // Its thread must look at it once, so that its subscriptions leave.
        _ = try another.waitForInput(milliseconds: 0)
        try publisher.waitForSubscription(to: "other.a".bytes, milliseconds: 5000)
    }

    @Test func aTopicNobodyTakesIsNotSubscribed() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("ink")
        let reactor = try daemon(scene, endpoint, seen: Seen())
        defer { reactor.stop() }
        let publisher = try Publisher(context: scene.context, endpoint: endpoint)
        try publisher.waitForSubscription(to: "ink.a".bytes, milliseconds: 5000)
        #expect(try !publisher.isSubscribed(to: "features.a".bytes))
        #expect(throws: TransportFault.self) {
            try publisher.waitForSubscription(to: "features.a".bytes, milliseconds: 20)
        }
    }

    @Test func theKernelTellsWhichUserIsConnected() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("ink")
        var port = Port(.subscribe, bind: [endpoint])
        port.subscriptions = [""]
        port.asksPeers = true
        let reactor = try Reactor(context: scene.context, ports: [port])
        let seen = Seen()
        try reactor.run { seen.record($0, $1) }
        defer { reactor.stop() }
        let publisher = try Publisher(context: scene.context, endpoint: endpoint)
        try publisher.waitForSubscription(to: "a".bytes, milliseconds: 5000)
        try publisher.send(topic: "a".bytes, payload: [])
        #expect(seen.wait(for: 1).map(\.peer) == [.localUser(getuid())])
    }
}

extension Publisher {
    /// Waits, without sleeping, until the daemon is gone.
    fileprivate func waitForSubscriptionToEnd(_ topic: [UInt8]) throws {
        let limit = Date(timeIntervalSinceNow: 5)
        while try isSubscribed(to: topic), Date() < limit { sched_yield() }
        #expect(try !isSubscribed(to: topic))
    }
}

/// A publisher of a cell, which says itself when a subscription is in force.
@Suite struct ConfirmedPublisherTests {
    @Test func nothingIsSentBeforeTheSubscriptionIsTold() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("ink")
        let seen = Seen()
        var port = Port(.subscribe, bind: [endpoint])
        port.subscriptions = ["ink/2a7."]
        let reactor = try Reactor(context: scene.context, ports: [port])
        try reactor.run { seen.record($0, $1) }
        defer { reactor.stop() }
        let topic = "ink/2a7.desk".bytes
        let publisher = try Publisher(context: scene.context, endpoint: endpoint, confirmedTopic: topic)
        var tries = 0
        while try !publisher.takeNewSubscription(to: topic), tries < 500 {
            tries += 1
            try publisher.send(topic: topic, payload: [1])
            try publisher.waitForNews(milliseconds: 10)
        }
        #expect(try !publisher.takeNewSubscription(to: topic))
        try publisher.send(topic: topic, payload: [2])
        #expect(seen.wait(for: 1).map(\.frames) == [[topic, [2]]])
    }
}
