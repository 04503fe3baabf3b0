import DuctusTransport
import DuctusTransportZeroMQ
import Testing

@Suite struct MessageBatchTests {
    /// The handler sees frames in place, of any size, empty ones included.
    @Test func framesComeThroughUnchanged() throws {
        let scene = try Scene()
        let endpoint = try scene.ipc("control")
        let reactor = try Reactor(context: scene.context, ports: [Port(.router, bind: [endpoint])])
        let seen = Seen()
        try reactor.run { port, batch in
            for message in 0..<batch.count {
                for frame in 0..<batch.frameCount(message) {
                    let copy = batch.frame(message, frame)
                    batch.withFrame(message, frame) { #expect($0.elementsEqual(copy)) }
                }
            }
            seen.record(port, batch)
        }
        defer { reactor.stop() }
        let dealer = try Socket(.dealer, context: scene.context)
        try dealer.connect(endpoint)
        let sent: [[[UInt8]]] = [
            [[]], [[], [1]], [[1, 2], [], [3]], [[UInt8](repeating: 9, count: 100_000)], [[4], [5]],
        ]
        for frames in sent { try dealer.send(frames, waits: true) }
        // ROUTER puts its route in front.
        #expect(seen.wait(for: sent.count).map { Array($0.frames.dropFirst()) } == sent)
    }
}
