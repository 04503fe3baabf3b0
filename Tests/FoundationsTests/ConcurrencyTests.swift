import DuctusFoundations
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
    @Test(arguments: [1, 2, 3, 8])
    func parallelMap_keepsTheOrder(threads: Int) {
        let squares = parallelMap(Array(0..<500), threads: threads) { $0 * $0 }
        #expect(squares == (0..<500).map { $0 * $0 })
    }

    @Test func parallelMap_makesAContextPerThread() {
        let made = Atomic(0)
        let sums = parallelMap(
            Array(1...64), threads: 4,
            makeContext: {
                made.add(1, ordering: .relaxed)
                return [Int]()
            }
        ) { context, element in
            context.append(element)
            return context.count
        }
        #expect((1...4).contains(made.load(ordering: .relaxed)))
        // Each thread counted its own elements only.
        #expect(sums.max()! <= 64 && sums.allSatisfy { $0 >= 1 })
    }

    @Test(arguments: [0, 1, 5, 1000])
    func performConcurrently_runsEachIterationOnce(iterations: Int) {
        let counts = Mutex([Int](repeating: 0, count: iterations))
        performConcurrently(iterations: iterations, threads: 3) { index in counts.withLock { $0[index] += 1 } }
        #expect(counts.withLock { $0 } == [Int](repeating: 1, count: iterations))
    }
}
