import DuctusTransport
import DuctusTransportZeroMQ
import Testing

/// A subscriber gets what it may have and nothing else, whatever is said on the socket by whom in what order.
@Suite struct SubscriptionRightsTests {
    /// `mallory` may have what begins with `labels.a`, everybody else all.
    private func scene() throws -> TransportScene {
        let scene = try TransportScene(clients: ["mallory", "boss"])
        scene.handler.change { state in
            state.mayHave = { $1.name != "mallory" || $0.starts(with: "labels.a".utf8) }
            state.maySubscribe = { $1.name != "mallory" || $0.starts(with: "labels.a".utf8) }
        }
        return scene
    }

    private func mallory(_ scene: TransportScene) throws -> HostileSubscriber {
        try HostileSubscriber(scene.labels, serverKey: scene.server.publicKey, keys: scene.keys["mallory"])
    }

    /// Everything that shifts a queue of connections against a queue of messages: what is no subscription, messages of several frames,
    /// subscriptions and their ends in bursts, connections that come and go in between.
    @Test func noOrderOfMessagesBringsWhatIsAnothers() throws {
        let scene = try scene()
        var hostile = try (0..<4).map { _ in try mallory(scene) }
        for (index, subscriber) in hostile.enumerated() {
            subscriber.subscribe("ready.\(index)")
            #expect(subscriber.receive(milliseconds: 10_000)?.first == "ready.\(index)".bytes)
        }
        var stolen: [String] = []
        for round in 0..<60 {
            for subscriber in hostile {
                for number in 0..<10 {
                    subscriber.say("X".bytes)
                    subscriber.say([1] + "labels.".bytes, [1] + "labels.secret".bytes)
                    subscriber.subscribe("labels.a\(round)-\(number)")
                    subscriber.say([])
                    subscriber.unsubscribe("labels.a\(round)-\(number - 1)")
                    subscriber.subscribe(["labels.", "", "l", "labels.secret", "labels.s", "events"][number % 6])
                }
            }
            let boss = try scene.subscriber("labels.secret", as: "boss")
            scene.publish("labels.secret")
            #expect(try boss.receive(milliseconds: 10_000)?.first == "labels.secret".bytes, "round \(round)")
            for subscriber in hostile { stolen += subscriber.topics(quiet: 0) }
            if round % 10 == 9 { hostile[round / 10 % 4] = try mallory(scene) }
        }
        for subscriber in hostile { stolen += subscriber.topics(quiet: 200) }
        #expect(stolen.filter { !$0.hasPrefix("labels.a") && !$0.hasPrefix("ready.") } == [])
        #expect(scene.transport.totals.denied > 0)
    }

    @Test func aSubscriptionThatIsNotPermittedGetsNothing() throws {
        let scene = try scene()
        let subscriber = try scene.subscriber("labels.", "labels.a", as: "mallory")
        scene.publish("labels.other")
        scene.publish("labels.a1")
        #expect(try subscriber.receive(milliseconds: 5000)?.first == "labels.a1".bytes)
        #expect(scene.transport.totals.denied == 1)
    }

    @Test func aRightThatIsTakenAwayEndsOnOpenSubscriptions() throws {
        let scene = try scene()
        let subscriber = try scene.subscriber("labels.a", as: "mallory")
        scene.publish("labels.a1")
        #expect(try subscriber.receive(milliseconds: 5000)?.first == "labels.a1".bytes)
        scene.handler.change { $0.mayHave = { $1.name != "mallory" } }
        scene.publish("labels.a2")
        // What is answered to it after that shows that the message had its chance.
        try subscriber.waitUntilSubscribed(milliseconds: 5000)
        #expect(try subscriber.receive(milliseconds: 0) == nil)
    }

    @Test func whatCameBeforeIsAskedForToo() throws {
        let scene = try scene()
        scene.handler.change { state in
            state.welcome = [Publication("labels.a1".bytes, [1]), Publication("labels.secret".bytes, [2])]
            state.maySubscribe = { _, _ in true }
        }
        let hostile = try mallory(scene)
        hostile.subscribe("labels.")
        #expect(hostile.receive(milliseconds: 10_000)?.first == "labels.a1".bytes)
        #expect(hostile.topics(quiet: 200) == [])
    }
}
