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

        /// The other end sends so many bytes, and this one reads them. False: the connection was ended instead.
        func receive(_ count: Int) -> Bool {
            var left = count
            while left > 0 {
                let bytes = [UInt8](repeating: 7, count: min(left, 16_384))
                guard send(there, bytes, bytes.count, 0) == bytes.count else { return false }
                var buffer = [UInt8](repeating: 0, count: bytes.count)
                guard recv(here, &buffer, buffer.count, Int32(truncatingIfNeeded: MSG_WAITALL)) == buffer.count else {
                    return false
                }
                left -= bytes.count
            }
            return true
        }
    }

    @Test func aConnectionThatHoldsTooMuchEnds() throws {
        let pair = try Pair()
        let ended = ductus_flow_ended()
        let flow = ductus_flow_watch(pair.here, 100_000, 1 << 40)
        defer { ductus_flow_forget(flow) }
        #expect(pair.receive(100_000))
        #expect(ductus_flow_take(pair.here, 1, 50_000) == flow)
        #expect(pair.receive(50_000))
        #expect(pair.receive(1000), "it may have one more on its way")
        #expect(!pair.receive(1000))
        #expect(errno == ECONNRESET)
        #expect(ductus_flow_ended() > ended)
    }

    @Test func whatIsTakenMakesRoom_withoutEnd() throws {
        let pair = try Pair()
        let flow = ductus_flow_watch(pair.here, 10_000, 1 << 40)
        defer { ductus_flow_forget(flow) }
        for _ in 0..<1000 {
            #expect(pair.receive(9_000))
            #expect(ductus_flow_take(pair.here, 2, 8_990) == flow)
        }
    }

    @Test func whereAllHoldTooMuch_thoseThatHoldMostEnd() throws {
        let (greedy, modest) = (try Pair(), try Pair())
        let flows = [greedy, modest].map { ductus_flow_watch($0.here, 1 << 20, 200_000) }
        defer { flows.forEach(ductus_flow_forget) }
        #expect(modest.receive(60_000))
        #expect(!greedy.receive(1 << 20))
        #expect(modest.receive(5_000), "it holds less than a sixteenth")
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
        #expect(pair.receive(9_000))
        let second = ductus_flow_watch(pair.here, 10_000, 1 << 40)
        defer { ductus_flow_forget(second) }
        #expect(first != second)
        #expect(pair.receive(9_000))
        ductus_flow_forget(first)
        #expect(ductus_flow_take(pair.here, 1, 10) == second)
    }

    @Test func otherDescriptorsAreNotTouched() throws {
        let pair = try Pair()
        #expect(pair.receive(1 << 20))
        #expect(ductus_flow_take(pair.here, 1, 1) == 0 && ductus_flow_take(-1, 1, 1) == 0)
    }
}
