import DuctusFoundations
import DuctusNetwork
import Synchronization
import Testing

@Suite struct ConcurrentWorkTests {
    @Test(arguments: [1, 2, 7, 100]) func everyIterationIsDone_once(threads: Int) {
        let counts = Mutex([Int](repeating: 0, count: 40))
        performConcurrently(iterations: 40, threads: threads) { index in counts.withLock { $0[index] += 1 } }
        #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test func nothingToDoIsDone() {
        performConcurrently(iterations: 0, threads: 4) { _ in Issue.record("called") }
    }

    /// They must be at work at the same time: each waits for the other.
    @Test func threadsWorkAtTheSameTime() {
        let arrived = Atomic(0)
        performConcurrently(iterations: 2, threads: 2) { _ in
            arrived.add(1, ordering: .sequentiallyConsistent)
            while arrived.load(ordering: .sequentiallyConsistent) < 2 {}
        }
    }
}
