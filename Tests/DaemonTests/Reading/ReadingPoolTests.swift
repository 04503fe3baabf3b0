import DuctusDaemon
import Testing

/// Without threads, so that everything waits.
@Suite struct ReadingPoolTests {
    @Test func whatWaitsIsBounded_inPiecesAndInBytes() {
        let pool = ReadingPool(threads: 0, limit: 10, limitPerClient: 5, byteLimit: 1000)
        func accepted(_ client: String, bytes: Int, of count: Int) -> Int {
            (0..<count).count { _ in pool.post(for: client, bytes: bytes) { _ in } }
        }
        #expect(accepted("many", bytes: 1, of: 20) == 5)
        #expect(accepted("large", bytes: 200, of: 20) == 2, "half of the bytes are one client's")
        #expect(accepted("other", bytes: 500, of: 1) == 1)
        #expect(accepted("late", bytes: 200, of: 1) == 0, "there is no room for so much")
        #expect(accepted("late", bytes: 1, of: 20) == 2)
        #expect(pool.waitingCount == 10)
        pool.stop()
        #expect(pool.waitingCount == 0)
    }
}
