import DuctusDaemon
import DuctusStreaming
import DuctusTransport
import Synchronization
import Testing

@Suite struct ClientQuotasTests {
    /// Time that only the test moves.
    private final class Hand: Sendable {
        private let nanoseconds = Atomic<Int64>(0)
        var now: Int64 { nanoseconds.load(ordering: .relaxed) }
        func advance(seconds: Double) { nanoseconds.add(Int64(seconds * 1e9), ordering: .relaxed) }
    }

    private let hand = Hand()
    private let ann = PeerIdentity.localUser(1000)
    private let desk = PeerIdentity.key("desk")

    private func quotas(streams: Int = 2, bytes: Int = 1 << 20, corrections: Int = 3) -> ClientQuotas {
        var limits = Configuration.Quotas()
        limits.streams = streams
        limits.bytesPerSecond = bytes
        limits.correctionsPerMinute = corrections
        return ClientQuotas(limits, idleStream: 60, now: { [hand] in hand.now })
    }

    private func stream(_ name: String) throws -> StreamName { try #require(StreamName(name)) }

    @Test func eachClient_hasItsOwnStreams() throws {
        let quotas = quotas()
        #expect(quotas.admit(10, of: try stream("a"), from: ann) == nil)
        #expect(quotas.admit(10, of: try stream("b"), from: ann) == nil)
        #expect(quotas.admit(10, of: try stream("a"), from: ann) == nil)
        #expect(quotas.admit(10, of: try stream("c"), from: ann) == .streams)
        #expect(quotas.admit(10, of: try stream("c"), from: desk) == nil)
        hand.advance(seconds: 61)
        #expect(quotas.admit(10, of: try stream("b"), from: ann) == nil)
        #expect(quotas.admit(10, of: try stream("c"), from: ann) == nil, "stream a has been idle")
        #expect(quotas.admit(10, of: try stream("d"), from: ann) == .streams)
    }

    /// Names are used up by those that write, not by those that wrote a while ago.
    @Test func quietStreams_giveTheirPlacesToNewOnes() throws {
        let quotas = quotas(streams: 3)
        for name in ["a", "b", "c"] { #expect(quotas.admit(10, of: try stream(name), from: ann) == nil) }
        hand.advance(seconds: 9)
        #expect(quotas.admit(10, of: try stream("d"), from: ann) == .streams, "all of them were heard of just now")
        #expect(quotas.admit(10, of: try stream("a"), from: ann) == nil)
        hand.advance(seconds: 2)
        #expect(quotas.admit(10, of: try stream("d"), from: ann) == nil, "b and c are quiet")
        #expect(quotas.admit(10, of: try stream("e"), from: ann) == nil)
        #expect(quotas.admit(10, of: try stream("b"), from: ann) == .streams)
        #expect(quotas.admit(10, of: try stream("a"), from: ann) == nil, "a writes on")
    }

    @Test func whetherThereIsRoom_isAskedWithoutACharge() throws {
        let quotas = quotas(bytes: 1 << 20)
        #expect(quotas.hasRoom(for: 2 << 20, of: nil, from: ann) && quotas.hasRoom(for: 2 << 20, of: nil, from: ann))
        #expect(quotas.admit(2 << 20, of: try stream("a"), from: ann) == nil)
        #expect(!quotas.hasRoom(for: 1, of: nil, from: ann) && quotas.hasRoom(for: 1, of: nil, from: desk))
        hand.advance(seconds: 1)
        #expect(quotas.hasRoom(for: 1 << 20, of: nil, from: ann))
    }

    @Test func bytes_flowBackWithTime() throws {
        let quotas = quotas(bytes: 1 << 20)
        let name = try stream("a")
        #expect(quotas.admit(2 << 20, of: name, from: ann) == nil)
        #expect(quotas.admit(1, of: name, from: ann) == .bytes)
        #expect(quotas.admit(1, of: name, from: desk) == nil, "another client is not touched")
        hand.advance(seconds: 0.5)
        #expect(quotas.admit(1 << 19, of: name, from: ann) == nil)
        #expect(quotas.admit(1024, of: name, from: ann) == .bytes)
    }

    /// A flood on some streams of a client uses up the client's bytes, and leaves its other streams their even part.
    @Test func aFloodOfOneStream_leavesTheOthersTheirPart() throws {
        let quotas = quotas(streams: 10, bytes: 1 << 20)
        let (flood, pen) = (try stream("flood"), try stream("pen"))
        var passed = (flood: 0, pen: 0)
        for _ in 0..<1000 {
            for _ in 0..<10 where quotas.admit(100_000, of: flood, from: ann) == nil { passed.flood += 100_000 }
            if quotas.admit(4000, of: pen, from: ann) == nil { passed.pen += 4000 }
            hand.advance(seconds: 0.01)
        }
        #expect(passed.pen == 4_000_000, "every packet: 400 kB a second are less than half of a MiB")
        #expect(passed.flood + passed.pen <= 10 << 20 + 4 << 20, "the pen's part is not added to the quota")
        #expect(passed.flood >= 4 << 20)
    }

    /// A program that reads a page from a file sends it at once: each stream may, however many use the client's bytes up.
    @Test func aPageAtOnce_isWithinAStreamsPart() throws {
        let quotas = quotas(streams: 200, bytes: 1 << 20)
        let pen = try stream("pen")
        #expect(quotas.admit(100, of: pen, from: ann) == nil)
        for number in 0..<100 { _ = quotas.admit(100_000, of: try stream("flood\(number)"), from: ann) }
        #expect(!quotas.hasRoom(for: 100_000, of: nil, from: ann), "the client's bytes are used up")
        for _ in 0..<500 { #expect(quotas.admit(4000, of: pen, from: ann) == nil) }
        #expect(quotas.admit(100_000, of: pen, from: ann) == .bytes, "and no more than the largest message")
    }

    /// A stream that begins while the others have used its client's bytes up has the same part as they.
    @Test(arguments: [100, 2 << 20]) func aNewcomersFirstPackets_areWithinItsPart(first: Int) throws {
        let quotas = quotas(streams: 512, bytes: 1 << 20)
        for round in 0..<50 {
            for number in 0..<200 { _ = quotas.admit(20_000, of: try stream("flood\(number)"), from: ann) }
            if round % 10 == 0 { hand.advance(seconds: 0.1) }
        }
        let pen = try stream("pen")
        // Whoever asks before reading it: rubbish may be as long.
        #expect(quotas.hasRoom(for: first, of: pen, from: ann) && !quotas.hasRoom(for: 2 << 20, of: nil, from: ann))
        #expect(quotas.isStranger(pen, to: ann) && quotas.mayTry(first, from: ann))
        #expect(quotas.admit(first, of: pen, from: ann, isReadable: true) == nil)
        let rest = (2 << 20) - first
        #expect(quotas.hasRoom(for: rest, of: pen, from: ann) && quotas.admit(rest, of: pen, from: ann) == nil)
        #expect(quotas.admit(100_000, of: pen, from: ann) == .bytes, "and no more than the largest message")
    }

    /// A short packet that found room in the newcomers' part is followed by a long one: a hello and a page.
    @Test func aPageAfterAHello_isWithinANewcomersPart() throws {
        let quotas = quotas(streams: 512, bytes: 1 << 20)
        for number in 0..<200 { #expect(quotas.admit(20, of: try stream("other\(number)"), from: ann) == nil) }
        while quotas.admit(20_000, of: try stream("flood"), from: ann) == nil {}
        let pen = try stream("pen")
        #expect(quotas.admit(100, of: pen, from: ann) == nil)
        #expect(quotas.admit(2_000_000, of: pen, from: ann) == nil)
    }

    /// What is read in vain is bounded by the client's own quota, and held against nobody else.
    @Test func rubbishThatIsLong_isReadWithinTheQuota() throws {
        let quotas = quotas(streams: 512, bytes: 1 << 20)
        while quotas.admit(100_000, of: try stream("flood"), from: ann) == nil {}
        var read = 0
        for round in 0..<1000 {
            let name = try stream("rubbish\(round % 100)")
            if quotas.admit(100_000, of: name, from: ann) == nil {
                quotas.noteUnreadable(name, from: ann)
            } else if quotas.mayTry(100_000, from: ann) {
                quotas.noteTrial(100_000, from: ann)
                read += 100_000
            }
            hand.advance(seconds: 0.01)
        }
        #expect(read > 1 << 20 && read <= 15 << 20)
        #expect(quotas.mayTry(2 << 20, from: desk))
    }

    /// A hundred names of rubbish are one stream; what can be read keeps its even part.
    @Test func streamsThatCannotBeRead_shareOnePart() throws {
        let quotas = quotas(streams: 512, bytes: 1 << 20)
        let pen = try stream("pen")
        var passed = 0
        #expect(quotas.admit(4000, of: pen, from: ann) == nil)
        for round in 0..<1000 {
            for number in 0..<100 {
                let name = try stream("rubbish-\((round + number) % 300)")
                if quotas.admit(1000, of: name, from: ann) == nil { quotas.noteUnreadable(name, from: ann) }
            }
            if quotas.admit(4000, of: pen, from: ann) == nil { passed += 1 }
            hand.advance(seconds: 0.01)
        }
        #expect(passed == 1000, "400 kB a second are less than half of a MiB")
        // A packet that is known to be one gets its stream in; rubbish takes up no place among the streams.
        let rubbish = try stream("rubbish")
        while quotas.admit(100, of: rubbish, from: ann) == nil { quotas.noteUnreadable(rubbish, from: ann) }
        #expect(quotas.admit(100, of: try stream("new"), from: ann) == .bytes)
        #expect(quotas.admit(100, of: try stream("new"), from: ann, isReadable: true) == nil)
        for _ in 0..<50 { #expect(quotas.admit(100, of: try stream("new"), from: ann) == nil) }
    }

    @Test func rubbish_takesNoStreamsPlace() throws {
        let quotas = quotas(streams: 2)
        for number in 0..<50 {
            let name = try stream("rubbish-\(number)")
            #expect(quotas.admit(10, of: name, from: ann) == nil)
            quotas.noteUnreadable(name, from: ann)
        }
        for name in ["a", "b"] { #expect(quotas.admit(10, of: try stream(name), from: ann) == nil) }
        // A stream that was read once has a session, whatever comes after it.
        #expect(quotas.admit(10, of: try stream("a"), from: ann) == nil)
        quotas.noteUnreadable(try stream("a"), from: ann)
        #expect(quotas.admit(10, of: try stream("c"), from: ann) == .streams)
        #expect(quotas.admit(10, of: try stream("a"), from: ann) == nil)
    }

    /// One broken packet does not make a pen one of those.
    @Test func aStreamThatCanBeReadAgain_hasItsPartAgain() throws {
        let quotas = quotas(streams: 10, bytes: 1 << 20)
        let (pen, flood) = (try stream("pen"), try stream("flood"))
        for _ in 0..<3 { #expect(quotas.admit(100, of: pen, from: ann) == nil) }
        quotas.noteUnreadable(pen, from: ann)
        while quotas.admit(10_000, of: flood, from: ann) == nil {}
        #expect(quotas.isStranger(pen, to: ann) && !quotas.isStranger(flood, to: ann))
        #expect(quotas.admit(100, of: pen, from: ann, isReadable: true) == nil)
        #expect(!quotas.isStranger(pen, to: ann))
        for _ in 0..<100 { #expect(quotas.admit(1000, of: pen, from: ann) == nil) }
    }

    @Test func roomForALongPacket_isThatOfItsStream() throws {
        let quotas = quotas(streams: 10, bytes: 1 << 20)
        let (pen, flood) = (try stream("pen"), try stream("flood"))
        #expect(quotas.admit(100, of: pen, from: ann) == nil)
        while quotas.admit(100_000, of: flood, from: ann) == nil {}
        #expect(quotas.hasRoom(for: 100_000, of: pen, from: ann))
        #expect(!quotas.hasRoom(for: 100_000, of: flood, from: ann))
    }

    @Test func corrections_areCountedByTheMinute() {
        let quotas = quotas(corrections: 3)
        #expect((0..<4).map { _ in quotas.admitCorrection(from: ann) } == [nil, nil, nil, .corrections])
        hand.advance(seconds: 20)
        #expect(quotas.admitCorrection(from: ann) == nil)
        #expect(quotas.admitCorrection(from: ann) == .corrections)
    }

    @Test func newLimits_holdAtOnce() throws {
        let quotas = quotas(streams: 1, corrections: 1)
        #expect(quotas.admit(1, of: try stream("a"), from: ann) == nil)
        #expect(quotas.admitCorrection(from: ann) == nil)
        var limits = Configuration.Quotas()
        limits.streams = 2
        limits.correctionsPerMinute = 6000
        quotas.change(to: limits)
        #expect(quotas.admit(1, of: try stream("b"), from: ann) == nil)
        hand.advance(seconds: 0.01)
        #expect(quotas.admitCorrection(from: ann) == nil)
    }

    @Test func clientsThatAreGone_areForgotten() {
        let quotas = quotas()
        for user in 0..<2000 {
            _ = quotas.admitCorrection(from: PeerIdentity.localUser(UInt32(user)))
            if user == 1000 { hand.advance(seconds: 301) }
        }
        #expect(quotas.clientCount <= 1024)
    }
}
