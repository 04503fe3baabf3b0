import DuctusTransport
import DuctusTransportZeroMQ
import Testing

/// Connections are counted, by client and all together, and turned away before anything runs out.
@Suite struct ConnectionLimitTests {
    private func fill(_ admission: Admission, _ socket: String, cost: Int = 1, as user: UInt32) -> [Admission.Ticket] {
        var tickets: [Admission.Ticket] = []
        while case .success(let ticket) = admission.admit(.user(user), to: socket, cost: cost) {
            tickets.append(ticket)
        }
        return tickets
    }

    @Test func aSocketKeepsAPartThatOthersCannotTake() throws {
        let admission = Admission(.init(descriptors: 160, perClient: 1000), sockets: ["ink", "labels", "control"])
        let flood = fill(admission, "labels", cost: 2, as: 1) + fill(admission, "labels", cost: 2, as: 2)
        withExtendedLifetime(flood) {
            #expect(flood.count == 70, "ten descriptors each are kept for the two others")
            #expect(fill(admission, "control", as: 3).count == 10)
            #expect(fill(admission, "ink", as: 3).count == 10)
        }
    }

    @Test func oneClientLeavesRoomForOthers() {
        let admission = Admission(.init(descriptors: 160, perClient: 1000), sockets: ["ink"])
        let greedy = fill(admission, "ink", as: 1)
        #expect(greedy.count == 140)
        let others = fill(admission, "ink", as: 2)
        withExtendedLifetime((greedy, others)) {
            #expect(others.count == 20)
            #expect(admission.count == 160)
        }
    }

    @Test func aClientHasSoManyConnectionsAtMost_andHasThemAgainWhenTheyEnd() {
        let admission = Admission(.init(descriptors: 1000, perClient: 3), sockets: ["ink"])
        var tickets = fill(admission, "ink", as: 1)
        withExtendedLifetime(tickets) { #expect(tickets.count == 3) }
        tickets.removeLast()
        withExtendedLifetime(tickets) {
            #expect(fill(admission, "ink", as: 1).count == 1)
            admission.change(perClient: 5)
            #expect(fill(admission, "ink", as: 1).count == 3)
            #expect(admission.count == 2)
        }
    }

    @Test func aFloodOnOneSocketLeavesTheOthersOpen_andEndsWithIt() throws {
        let scene = try TransportScene { $0.connections = .init(descriptors: 64, perClient: 1000) }
        var flood = try (0..<40).map { _ in try HostileSubscriber(scene.labels) }
        #expect(scene.comesTo { scene.transport.totals.connectionsRefused.values.reduce(0, +) >= 10 })
        #expect(try scene.control().request([1, 2], milliseconds: 10_000) == [2, 1])
        flood.removeAll()
        // Until the last of the flood is gone, newcomers are turned away.
        var late: Subscriber?
        #expect(
            scene.comesTo {
                late = try? scene.subscriber("labels.a")
                return late != nil
            })
        scene.publish("labels.a")
        #expect(try late?.receive(milliseconds: 10_000)?.first == "labels.a".bytes)
    }

    @Test func aConnectionThatEndedCountsNoMore() throws {
        let scene = try TransportScene()
        var client: ControlClient? = scene.control()
        _ = try client?.request([1], milliseconds: 5000)
        #expect(scene.transport.totals.connections == 1)
        client = nil
        #expect(scene.comesTo { scene.transport.totals.connections == 0 })
    }

    @Test func whatWaitsForOneWhoDoesNotReadIsBounded_andOthersGetAll() throws {
        let scene = try TransportScene { $0.queueBytes = 1 << 20 }
        let lazy = try HostileSubscriber(scene.labels, receives: 1)
        lazy.subscribe("labels.")
        lazy.subscribe("ready.a")
        #expect(lazy.receive(milliseconds: 10_000)?.first == "ready.a".bytes)
        let honest = try scene.subscriber("labels.")
        let payload = [UInt8](repeating: 7, count: 100_000)
        for number in 0..<500 {
            scene.publish("labels.\(number)", payload)
            #expect(try honest.receive(milliseconds: 10_000)?.first == "labels.\(number)".bytes)
        }
        #expect(scene.transport.totals.unsent > 0)
    }

    /// Neither by their number nor by their bytes can replies that nobody reads fill the memory.
    @Test func repliesThatNobodyReadsAreBounded_andOthersAreAnswered() throws {
        let scene = try TransportScene()
        var options = SocketOptions()
        options.receiveHighWater = 1
        let lazy = try Socket(.dealer, context: scene.scene.context, options: options)
        try lazy.connect(scene.transport.endpoints[2][0])
        let question = [UInt8](repeating: 1, count: 1 << 19)
        for _ in 0..<120 { _ = try lazy.send([[], question], waits: true) }
        #expect(scene.comesTo { scene.transport.totals.unsent > 0 })
        #expect(try scene.control().request([1, 2], milliseconds: 10_000) == [2, 1])
    }

    /// A message that the handler has no room for is not even copied, and what comes after it is taken.
    @Test func longMessagesAreAskedForBeforeTheyAreTaken() throws {
        let scene = try TransportScene()
        scene.handler.change { $0.hasRoom = { bytes, topic, _ in topic == "ink.a".bytes && bytes < 100_000 } }
        let publisher = try Publisher(context: scene.scene.context, endpoint: scene.transport.endpoints[0][0])
        try publisher.waitForSubscription(to: "ink.".bytes, milliseconds: 10_000)
        for size in [100, 200_000, 50_000, 100_000, 5] {
            try publisher.send(topic: "ink.a".bytes, payload: [UInt8](repeating: 1, count: size))
        }
        #expect(scene.comesTo { scene.handler.taken.count >= 3 })
        #expect(scene.handler.taken.map { $0[1].count } == [100, 50_000, 5])
    }
}
