import CDuctusHandover
import Glibc
import Testing

/// What is read from a connection and not taken is counted, and so is what is posted and not sent.
@Suite struct FlowTests {
    /// Both ends of a connection.
    private final class Pair {
        let here: Int32
        let there: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            (here, there) = (ends[0], ends[1])
        }

        deinit {
            close(here)
            close(there)
        }

        /// The other end sends bytes, and this one reads them. False: the connection was ended instead.
        func receive(_ bytes: [UInt8]) -> Bool {
            guard send(there, bytes, bytes.count, 0) == bytes.count else { return false }
            var buffer = [UInt8](repeating: 0, count: bytes.count)
            return recv(here, &buffer, buffer.count, Int32(truncatingIfNeeded: MSG_WAITALL)) == buffer.count
        }

        /// What every connection begins with.
        func greet(version: UInt8 = 3) -> Bool {
            receive(
                [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, version, 0] + Array("NULL".utf8) + [UInt8](repeating: 0, count: 48)
            )
        }

        /// One frame of so many bytes.
        func receive(frame count: Int) -> Bool {
            receive(
                [2] + withUnsafeBytes(of: UInt64(count).bigEndian) { Array($0) } + [UInt8](repeating: 7, count: count))
        }
    }

    @Test func aConnectionThatHoldsTooMuchEnds() throws {
        let pair = try Pair()
        let ended = ductus_flow_ended()
        let flow = ductus_flow_watch(pair.here, 100_000, 1 << 40)
        defer { ductus_flow_forget(flow) }
        #expect(pair.greet())
        #expect(pair.receive(frame: 99_000))
        #expect(ductus_flow_take(pair.here, 1, 99_000) == flow)
        #expect(pair.receive(frame: 99_000))
        #expect(pair.receive(frame: 2000), "it may have one more on its way")
        #expect(!pair.receive(frame: 1))
        #expect(errno == ECONNRESET)
        #expect(ductus_flow_ended() > ended)
    }

    @Test func whatIsTakenMakesRoom_withoutEnd() throws {
        let pair = try Pair()
        let flow = ductus_flow_watch(pair.here, 10_000, 1 << 40)
        defer { ductus_flow_forget(flow) }
        #expect(pair.greet())
        for _ in 0..<1000 {
            #expect(pair.receive(frame: 9_000))
            #expect(ductus_flow_take(pair.here, 1, 9_000) == flow)
        }
    }

    /// libzmq keeps some memory for every frame, however small.
    @Test(arguments: [3, 1] as [UInt8]) func emptyFramesCountToo(version: UInt8) throws {
        let pair = try Pair()
        let flow = ductus_flow_watch(pair.here, 100_000, 1 << 40)
        defer { ductus_flow_forget(flow) }
        #expect(pair.greet(version: version))
        #expect(pair.receive((0..<4000).flatMap { _ in [1, 0] as [UInt8] }))
        #expect(!pair.receive([1, 0]))
    }

    /// Heartbeats are no messages: nobody takes them.
    @Test func commandsDoNotCount() throws {
        let pair = try Pair()
        let flow = ductus_flow_watch(pair.here, 10_000, 1 << 40)
        defer { ductus_flow_forget(flow) }
        #expect(pair.greet())
        for _ in 0..<1000 { #expect(pair.receive([4, 100] + [UInt8](repeating: 0, count: 100))) }
        #expect(pair.receive(frame: 9_000))
    }

    /// However the bytes are cut into pieces.
    @Test func framesAreFollowedAcrossReads() throws {
        let pair = try Pair()
        let flow = ductus_flow_watch(pair.here, 20_000, 1 << 40)
        defer { ductus_flow_forget(flow) }
        #expect(pair.greet())
        // Frames whose bodies look like the beginnings of others.
        let frame = [2, 0, 0, 0, 0, 0, 0, 0, 100] + [UInt8](repeating: 0, count: 100)
        for piece in 1...7 {
            let bytes = (0..<20).flatMap { _ in frame }
            for start in stride(from: 0, to: bytes.count, by: piece) {
                #expect(pair.receive(Array(bytes[start..<min(bytes.count, start + piece)])))
            }
            for _ in 0..<20 { ductus_flow_take(pair.here, 1, 100) }
        }
    }

    @Test func whereAllHoldTooMuch_thoseThatHoldMostEnd() throws {
        let (greedy, modest) = (try Pair(), try Pair())
        let flows = [greedy, modest].map { ductus_flow_watch($0.here, 1 << 20, 200_000) }
        defer { flows.forEach(ductus_flow_forget) }
        #expect(modest.greet() && greedy.greet())
        #expect(modest.receive(frame: 60_000))
        #expect(!(0..<100).allSatisfy { _ in greedy.receive(frame: 10_000) })
        #expect(modest.receive(frame: 5_000), "it holds less than a sixteenth")
    }

    @Test func whatWaitsToBeSentIsBounded() throws {
        let pair = try Pair()
        let flow = ductus_flow_watch(pair.here, 1 << 20, 1 << 40)
        #expect(ductus_flow_post(flow, 900, 1000))
        #expect(!ductus_flow_post(flow, 200, 1000))
        ductus_flow_unpost(flow, 300)
        #expect(ductus_flow_post(flow, 200, 1000))
        let bytes = [UInt8](repeating: 1, count: 700)
        #expect(send(pair.here, bytes, bytes.count, 0) == bytes.count)
        #expect(ductus_flow_post(flow, 800, 1000))
        ductus_flow_forget(flow)
        #expect(ductus_flow_post(flow, 1 << 30, 1000), "nothing waits where the connection is over")
    }

    @Test func aNumberThatIsUsedAgainIsAnotherConnection() throws {
        let pair = try Pair()
        let first = ductus_flow_watch(pair.here, 10_000, 1 << 40)
        #expect(pair.greet() && pair.receive(frame: 9_000))
        let second = ductus_flow_watch(pair.here, 10_000, 1 << 40)
        defer { ductus_flow_forget(second) }
        #expect(first != second)
        #expect(pair.greet() && pair.receive(frame: 9_000))
        ductus_flow_forget(first)
        #expect(ductus_flow_take(pair.here, 1, 10) == second)
    }

    @Test func otherDescriptorsAreNotTouched() throws {
        let pair = try Pair()
        for _ in 0..<20 { #expect(pair.receive(frame: 60_000)) }
        #expect(ductus_flow_take(pair.here, 1, 1) == 0 && ductus_flow_take(-1, 1, 1) == 0)
    }
}
