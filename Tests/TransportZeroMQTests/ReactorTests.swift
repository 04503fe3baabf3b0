import DuctusTransport
import DuctusTransportZeroMQ
import Foundation
import Testing

@Suite struct ReactorTests {
    @Test func takesWhatPublishersSendAndKeepsTheirOrder() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("ink")
        var port = Port(.subscribe, bind: [endpoint])
        port.subscriptions = ["ink."]
        let reactor = try Reactor(context: scene.context, ports: [port])
        let seen = Seen()
        try reactor.run { seen.record($0, $1) }
        defer { reactor.stop() }
        try reactor.waitUntilReady(milliseconds: 5000)

        let publisher = try Publisher(context: scene.context, endpoint: endpoint)
        try publisher.waitForSubscription(to: "ink.a".bytes, milliseconds: 5000)
        for number in 0..<5000 { try publisher.send(topic: "ink.a".bytes, payload: Array("\(number)".utf8)) }

        let messages = seen.wait(for: 5000)
        #expect(messages.map { String(decoding: $0.frames[1], as: UTF8.self) } == (0..<5000).map(String.init))
        #expect(reactor.totals.received == 5000)
    }

    @Test func repliesReachTheClientThatAsked() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("control")
        let reactor = try Reactor(context: scene.context, ports: [Port(.router, bind: [endpoint])])
        try reactor.run { [unowned reactor] port, batch in
            for message in 0..<batch.count {
                var frames = batch.frames(message)
                frames[frames.count - 1].reverse()
                reactor.send(frames, on: port)
            }
        }
        defer { reactor.stop() }
        let one = ControlClient(context: scene.context, endpoint: endpoint)
        let other = ControlClient(context: scene.context, endpoint: endpoint)
        #expect(try one.request("abc".bytes, milliseconds: 5000) == "cba".bytes)
        #expect(try other.request("xyz".bytes, milliseconds: 5000) == "zyx".bytes)
        #expect(try one.request("123".bytes, milliseconds: 5000) == "321".bytes)
    }

    @Test func aFullOutboxRefusesAndCounts() throws {
        let scene = try Scene()
        // Not running: nothing leaves.
        let reactor = try Reactor(
            context: scene.context, ports: [Port(.publish, bind: [try scene.ipc("labels")])], outboxCount: 8)
        #expect((0..<8).map { _ in reactor.send([[1]], on: 0) } == [true, true, true, true, true, true, false, false])
        #expect((0..<4).map { _ in reactor.send([[1]], on: 0, matters: true) } == [true, true, false, false])
        #expect(reactor.totals.refused == 4)
        #expect(reactor.queued == 8)
    }

    @Test func theOutboxIsBoundedInBytes() throws {
        let scene = try Scene()
        let reactor = try Reactor(
            context: scene.context, ports: [Port(.publish, bind: [try scene.ipc("labels")])], outboxBytes: 1000)
        #expect(!reactor.send([[UInt8](repeating: 0, count: 1001)], on: 0, matters: true))
        #expect(reactor.send([[UInt8](repeating: 0, count: 1000)], on: 0, matters: true))
        #expect(!reactor.send([[1]], on: 0, matters: true))
    }

    @Test func messagesWithTooManyFramesAreThrownAwayAndCounted() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("control")
        var port = Port(.router, bind: [endpoint])
        port.maximumFrames = 4
        let reactor = try Reactor(context: scene.context, ports: [port])
        let seen = Seen()
        try reactor.run { seen.record($0, $1) }
        defer { reactor.stop() }
        let dealer = try Socket(.dealer, context: scene.context)
        try dealer.connect(endpoint)
        try dealer.send([[UInt8]](repeating: [7], count: 50), waits: true)
        try dealer.send([[8]], waits: true)
        let messages = seen.wait(for: 1)
        #expect(messages.map(\.frames.last) == [[8]])
        #expect(reactor.totals.overlong == 1)
    }

    @Test func anOversizedFrameCostsOnlyItsSender() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("ink")
        var options = SocketOptions()
        options.maximumFrame = 1000
        var port = Port(.subscribe, options: options, bind: [endpoint])
        port.subscriptions = [""]
        let reactor = try Reactor(context: scene.context, ports: [port])
        let seen = Seen()
        try reactor.run { seen.record($0, $1) }
        defer { reactor.stop() }
        let hostile = try Publisher(context: scene.context, endpoint: endpoint)
        let honest = try Publisher(context: scene.context, endpoint: endpoint)
        try hostile.waitForSubscription(to: "a".bytes, milliseconds: 5000)
        try honest.waitForSubscription(to: "b".bytes, milliseconds: 5000)
        try hostile.send(topic: "a".bytes, payload: [UInt8](repeating: 0, count: 2000))
        try honest.send(topic: "b".bytes, payload: [1])
        #expect(seen.wait(for: 1).map(\.frames) == [["b".bytes, [1]]])
    }

    @Test func aNudgeTurnsTheLoop() throws {
        let scene = try Scene()
        let reactor = try Reactor(context: scene.context, ports: [Port(.router, bind: [try scene.ipc("control")])])
        try reactor.run { _, _ in }
        defer { reactor.stop() }
        try reactor.waitUntilReady(milliseconds: 5000)
        let before = reactor.turns
        reactor.nudge()
        let limit = Date(timeIntervalSinceNow: 5)
        while reactor.turns == before, Date() < limit { sched_yield() }
        #expect(reactor.turns > before)
    }

    @Test func bindingTwiceOnTcpNamesTheEndpoint() throws {
        let scene = try Scene()
        let first = try Reactor(
            context: scene.context, ports: [Port(.router, bind: [try Endpoint("tcp://127.0.0.1:*")])])
        let taken = try #require(first.endpoints[0].first)
        #expect(throws: TransportFault.bind(taken.description, code: EADDRINUSE)) {
            try Reactor(context: scene.context, ports: [Port(.router, bind: [taken])])
        }
    }

    @Test func anIpcFileGetsItsPermissions() throws {
        let scene = try Scene()
        var options = SocketOptions()
        options.permissions = 0o660
        let endpoint = try scene.ipc("ink")
        let reactor = try Reactor(context: scene.context, ports: [Port(.subscribe, options: options, bind: [endpoint])])
        let mode = try FileManager.default.attributesOfItem(atPath: try #require(endpoint.path))[.posixPermissions]
        #expect(mode as? Int == 0o660)
        _ = reactor
    }

    @Test func aMissingDirectoryIsNamed() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("missing/ink")
        #expect(throws: TransportFault.bind(endpoint.description, code: ENOENT)) {
            try Reactor(context: scene.context, ports: [Port(.subscribe, bind: [endpoint])])
        }
    }
}
