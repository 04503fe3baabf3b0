import DuctusTransport
import Synchronization
import Testing

@Suite struct MemoryTransportTests {
    /// Lets everybody have what begins with their name; remembers what it took.
    private final class Handler: MessageHandler {
        let taken = Mutex<[([[UInt8]], PeerIdentity)]>([])
        let wanted = Mutex<[String]>([])
        let revoked = Mutex<Set<String>>([])
        let last = Publication(Array("ann.last".utf8), [7])

        func receive(_ batch: MessageBatch) {
            for message in 0..<batch.count {
                let entry = (batch.frames(message), batch.peer(message))
                taken.withLock { $0.append(entry) }
            }
        }

        func answer(_ request: [UInt8], from peer: PeerIdentity, reply: @escaping @Sendable ([UInt8]) -> Void) {
            reply(request.reversed())
        }

        func permitsSubscription(to prefix: [UInt8], by peer: PeerIdentity) -> Bool { true }

        func permits(_ topic: [UInt8], to peer: PeerIdentity) -> Bool {
            topic.starts(with: peer.name.utf8) && !revoked.withLock { $0.contains(peer.name) }
        }

        func welcome(to prefix: [UInt8]) -> [Publication] { last.topic.starts(with: prefix) ? [last] : [] }

        func subscription(to prefix: [UInt8], isWanted: Bool) {
            wanted.withLock { $0.append((isWanted ? "+" : "-") + String(decoding: prefix, as: UTF8.self)) }
        }
    }

    private let handler = Handler()
    private let transport = MemoryTransport()

    init() throws { try transport.start(handler) }

    @Test func whatIsPublished_isTakenWithItsSender() {
        transport.connect(.token("ann")).publish("ink.p", [1, 2])
        let taken = handler.taken.withLock { $0 }
        #expect(taken.map(\.0) == [[Array("ink.p".utf8), [1, 2]]])
        #expect(taken.map(\.1) == [.token("ann")])
    }

    @Test func aRequest_isAnsweredToWhoAsked() {
        #expect(transport.connect(.key("ann")).request([1, 2, 3], within: 5) == [3, 2, 1])
    }

    @Test func aSubscriber_getsWhatItAskedFor_andMayHave() {
        let (ann, bob) = (transport.connect(.key("ann")), transport.connect(.key("bob")))
        ann.subscribe("")
        bob.subscribe("")
        #expect(ann.receive(within: 0)?.payload == [7], "the last message goes to the newcomer alone")
        transport.send(Publication(Array("ann.1".utf8), [1]), matters: true)
        transport.send(Publication(Array("bob.1".utf8), [2]), matters: true)
        #expect(ann.receive(within: 0)?.payload == [1])
        #expect(bob.receive(within: 0)?.payload == [2])
        #expect(ann.receive(within: 0) == nil && bob.receive(within: 0) == nil)
    }

    @Test func aRightThatIsTakenAway_endsAtOnce() {
        let ann = transport.connect(.key("ann"))
        ann.subscribe("ann.x")
        handler.revoked.withLock { $0 = ["ann"] }
        transport.send(Publication(Array("ann.x".utf8), [1]), matters: true)
        #expect(ann.receive(within: 0) == nil)
    }

    @Test func aQueueThatNobodyReads_isBounded() {
        let ann = transport.connect(.key("ann"))
        ann.subscribe("ann.x")
        let message = Publication(Array("ann.x".utf8), [])
        let unimportant = (0..<MemoryPeer.capacity).map { _ in transport.send(message, matters: false) }
        #expect(unimportant.count { $0 } == MemoryPeer.capacity / 4 * 3)
        #expect(transport.send(message, matters: true))
    }

    @Test func thatSomebodyListens_isToldOnce() {
        let (ann, bob) = (transport.connect(.key("ann")), transport.connect(.key("bob")))
        ann.subscribe("ink.")
        bob.subscribe("ink.")
        ann.unsubscribe("ink.")
        bob.close()
        #expect(handler.wanted.withLock { $0 } == ["+ink.", "-ink."])
    }

    @Test func afterTheEnd_nothingComes() {
        let ann = transport.connect(.key("ann"))
        transport.stop()
        ann.publish("ink.p", [1])
        #expect(handler.taken.withLock { $0.isEmpty })
        #expect(ann.receive(within: 5) == nil)
    }
}
