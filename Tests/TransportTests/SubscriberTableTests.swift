import DuctusTransport
import Testing

/// `#expect` takes no mutating calls.
private final class Table {
    private var table: SubscriberTable

    init(_ limits: SubscriberTable.Limits = .init()) { table = SubscriberTable(limits: limits) }

    func add(_ identity: PeerIdentity) -> Int { table.add(identity) }
    func subscribe(_ number: Int, to prefix: [UInt8]) -> SubscriberTable.Outcome { table.subscribe(number, to: prefix) }
    func unsubscribe(_ number: Int, from prefix: [UInt8]) -> Bool { table.unsubscribe(number, from: prefix) }
    func remove(_ number: Int) -> [[UInt8]] { table.remove(number) }
    func recipients(of topic: [UInt8]) -> Set<Int> { table.recipients(of: topic) }
    func identity(of number: Int) -> PeerIdentity? { table.identity(of: number) }
}

@Suite struct SubscriberTableTests {
    private let table = Table()
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func aMessage_goesToWhoAskedForAPrefixOfItsTopic_eachOnce() {
        let (ann, bob, eve) = (table.add(.key("ann")), table.add(.key("bob")), table.add(.key("eve")))
        #expect(table.subscribe(ann, to: bytes("labels.")) == .first)
        #expect(table.subscribe(ann, to: bytes("labels.p1")) == .first)
        #expect(table.subscribe(bob, to: bytes("labels.p1")) == .further)
        #expect(table.subscribe(eve, to: bytes("events")) == .first)
        #expect(table.recipients(of: bytes("labels.p1")) == [ann, bob])
        #expect(table.recipients(of: bytes("labels.p10")) == [ann, bob])
        #expect(table.recipients(of: bytes("labels.q")) == [ann])
        #expect(table.recipients(of: bytes("label")) == [])
        #expect(table.recipients(of: bytes("events")) == [eve])
    }

    @Test func theEmptyPrefix_isEverything() {
        let all = table.add(.localUser(1))
        #expect(table.subscribe(all, to: []) == .first)
        #expect(table.recipients(of: []) == [all])
        #expect(table.recipients(of: bytes("labels.p")) == [all])
    }

    @Test func thatAPrefixIsWantedNoMore_isToldWithTheLastWhoAskedForIt() {
        let (ann, bob) = (table.add(.key("ann")), table.add(.key("bob")))
        for number in [ann, bob] { _ = table.subscribe(number, to: bytes("ink.")) }
        _ = table.subscribe(bob, to: bytes("labels."))
        #expect(!table.unsubscribe(ann, from: bytes("ink.")))
        #expect(!table.unsubscribe(ann, from: bytes("ink.")), "it had none any more")
        #expect(Set(table.remove(bob)) == [bytes("ink."), bytes("labels.")])
        #expect(table.remove(bob) == [])
        #expect(table.recipients(of: bytes("labels.p")) == [])
    }

    @Test func oneConnection_asksForSoMuchAtMost() {
        var limits = SubscriberTable.Limits()
        limits.prefixes = 2
        limits.prefixBytes = 4
        let table = Table(limits)
        let (ann, bob) = (table.add(.key("ann")), table.add(.key("bob")))
        #expect(table.subscribe(ann, to: bytes("12345")) == .refused)
        #expect(table.subscribe(ann, to: bytes("1234")) == .first)
        #expect(table.subscribe(ann, to: bytes("2")) == .first)
        #expect(table.subscribe(ann, to: bytes("3")) == .refused)
        #expect(table.subscribe(ann, to: bytes("2")) == .further, "that one it has")
        #expect(table.subscribe(bob, to: bytes("3")) == .first)
        _ = table.unsubscribe(ann, from: bytes("2"))
        #expect(table.subscribe(ann, to: bytes("3")) == .further)
    }

    @Test func whoLeft_isNobody() {
        let ann = table.add(.key("ann"))
        #expect(table.identity(of: ann) == .key("ann"))
        #expect(table.remove(ann) == [])
        #expect(table.identity(of: ann) == nil)
        #expect(table.subscribe(ann, to: bytes("a")) == .refused)
        #expect(table.add(.key("bob")) != ann)
    }
}
