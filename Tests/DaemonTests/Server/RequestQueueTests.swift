import DuctusDaemon
import DuctusTransport
import Synchronization
import Testing

@Suite struct RequestQueueTests {
    /// What was begun, and the ends of what runs.
    private final class Log: Sendable {
        let begun = Mutex<[String]>([])
        let ends = Mutex<[@Sendable () -> Void]>([])

        func work(_ name: String) -> RequestQueue.Work {
            { [self] done in
                begun.withLock { $0.append(name) }
                ends.withLock { $0.append(done) }
            }
        }

        func endTheOneThatRuns() { ends.withLock { $0.removeFirst() }() }
    }

    @Test func oneAtATime_theClientsInTurn() {
        let queue = RequestQueue()
        let log = Log()
        for number in 0..<3 { #expect(queue.submit(from: .key("greedy"), log.work("greedy \(number)"))) }
        #expect(queue.submit(from: .key("modest"), log.work("modest")))
        #expect(log.begun.withLock { $0 } == ["greedy 0"])
        for _ in 0..<4 { log.endTheOneThatRuns() }
        #expect(log.begun.withLock { $0 } == ["greedy 0", "greedy 1", "modest", "greedy 2"])
    }

    @Test func whatMayWaitIsBounded_byClientAndAltogether() {
        let queue = RequestQueue(perClient: 2, total: 3)
        let log = Log()
        let taken = (0..<4).map { _ in queue.submit(from: .key("greedy"), log.work("greedy")) }
        #expect(taken == [true, true, true, false], "one runs, two wait")
        #expect(queue.submit(from: .localUser(1), log.work("a")))
        #expect(!queue.submit(from: .localUser(2), log.work("b")))
        log.endTheOneThatRuns()
        #expect(queue.submit(from: .localUser(2), log.work("b")))
    }

    @Test func workThatIsDoneAtOnce_needsNobodyToGoOn() {
        let queue = RequestQueue(perClient: 100_000, total: 100_000)
        let count = Mutex(0)
        for _ in 0..<1000 {
            #expect(
                queue.submit(from: .unknown) { done in
                    count.withLock { $0 += 1 }
                    done()
                })
        }
        #expect(count.withLock { $0 } == 1000)
    }
}
