import DuctusTransportZeroMQ
import Testing

@Suite struct ControlClientTests {
    @Test func withoutADaemonItTellsWhereItAsked() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("control")
        let client = ControlClient(context: scene.context, endpoint: endpoint)
        #expect(throws: TransportFault.timeout(waitingFor: "reply", endpoint: endpoint.description, milliseconds: 30)) {
            try client.request([1], milliseconds: 30, attempts: 2)
        }
    }

    @Test func aLateReplyIsNotTakenForTheNextOne() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("control")
        let reactor = try Reactor(context: scene.context, ports: [Port(.router, bind: [endpoint])])
        let held = Seen()
        // The first request is answered only together with the second one.
        try reactor.run { [unowned reactor] port, batch in
            held.record(port, batch)
            let asked = held.wait(for: 0)
            if asked.count >= 2 { for message in asked { reactor.send(message.frames, on: port) } }
        }
        defer { reactor.stop() }
        let client = ControlClient(context: scene.context, endpoint: endpoint)
        #expect(throws: TransportFault.self) { try client.request("first".bytes, milliseconds: 300) }
        #expect(try client.request("second".bytes, milliseconds: 5000) == "second".bytes)
    }

    @Test func asksAgainWhileTheDaemonStarts() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("control")
        let reactor = try Reactor(context: scene.context, ports: [Port(.router, bind: [endpoint])])
        let seen = Seen()
        // The first request is swallowed.
        try reactor.run { [unowned reactor] port, batch in
            seen.record(port, batch)
            let asked = seen.wait(for: 0)
            if asked.count > 1, let last = asked.last { reactor.send(last.frames, on: port) }
        }
        defer { reactor.stop() }
        let client = ControlClient(context: scene.context, endpoint: endpoint)
        #expect(try client.request([5], milliseconds: 300, attempts: 20) == [5])
    }
}
