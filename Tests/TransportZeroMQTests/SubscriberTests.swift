import DuctusTransport
import DuctusTransportZeroMQ
import Testing

@Suite struct SubscriberTests {
    @Test func afterWaitingNoMessageIsMissed() throws {
        let scene = try TransportScene()
        for round in 0..<20 {
            let subscriber = try scene.subscriber("labels.\(round)")
            scene.publish("labels.\(round)")
            #expect(try subscriber.receive(milliseconds: 5000) == ["labels.\(round)".bytes, [1]])
        }
    }

    @Test func unsubscribingEndsIt() throws {
        let scene = try TransportScene()
        let subscriber = try scene.subscriber("a", "b")
        try subscriber.unsubscribe("a".bytes)
        try subscriber.waitUntilSubscribed(milliseconds: 5000)
        scene.publish("a")
        scene.publish("b")
        #expect(try subscriber.receive(milliseconds: 5000)?.first == "b".bytes)
    }

    @Test func messagesPostedByManyThreadsAllArriveInTheirOrder() throws {
        let scene = try TransportScene()
        let subscriber = try scene.subscriber("labels.")
        let posts = (0..<4).map { thread in
            PostingThread { [transport = scene.transport] in
                for number in 0..<500 {
                    transport.send(Publication("labels.\(thread)".bytes, "\(number)".bytes), matters: true)
                }
            }
        }
        for post in posts { post.join() }
        var last = [String: Int]()
        var count = 0
        while count < 2000, let frames = try subscriber.receive(milliseconds: 5000) {
            let topic = String(decoding: frames[0], as: UTF8.self)
            let number = try #require(Int(String(decoding: frames[1], as: UTF8.self)))
            #expect(number == (last[topic] ?? -1) + 1)
            last[topic] = number
            count += 1
        }
        #expect(count == 2000)
    }

    @Test func whatWasPostedBeforeTheEndIsSent() throws {
        let scene = try TransportScene()
        let subscriber = try scene.subscriber("")
        for number in 0..<100 { scene.publish("t", [UInt8(number)]) }
        scene.transport.stop()
        for number in 0..<100 { #expect(try subscriber.receive(milliseconds: 5000)?.last == [UInt8(number)]) }
    }

    @Test func thatSomebodyListensIsToldOnceAndThatNobodyDoesAnyMore() throws {
        let scene = try TransportScene()
        var first: Subscriber? = try scene.subscriber("ink.")
        var second: Subscriber? = try scene.subscriber("ink.", "labels.")
        #expect(scene.handler.wanted == ["+ink.", "+labels."])
        first = nil
        second = nil
        #expect(scene.comesTo { Set(scene.handler.wanted) == ["+ink.", "+labels.", "-ink.", "-labels."] })
        _ = (first, second)
    }

    /// What was published last goes to who comes now, and to nobody else.
    @Test func theLastMessagesGoToTheNewcomerAlone() throws {
        let scene = try TransportScene()
        scene.handler.change { $0.welcome = [Publication("labels.a".bytes, [9]), Publication("labels.b".bytes, [9])] }
        let early = try scene.subscriber("labels.")
        let late = try Subscriber(context: scene.scene.context, endpoint: scene.labels)
        try late.subscribe("labels.b".bytes)
        #expect(try late.receive(milliseconds: 5000) == ["labels.b".bytes, [9]])
        scene.publish("labels.c")
        #expect(try early.receive(milliseconds: 5000)?.first == "labels.c".bytes)
    }

    @Test func whoAsksAgainAndAgainIsWelcomedNoMore() {
        var budget = WelcomeBudget(now: 0)
        var welcomes = 0
        for _ in 0..<1000 where budget.ask(now: 0) && budget.take(400) { welcomes += 1 }
        #expect(welcomes == 40)
        let isWelcomeAtOnce = budget.take(400)
        #expect(!isWelcomeAtOnce)
        let isWelcomeLater = budget.ask(now: 3_000_000_000) && budget.take(400)
        #expect(isWelcomeLater)
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
