import DuctusNetwork
import Testing

@Suite struct MemoryTests {
    @Test func memoryGrowsBetweenCalls() {
        let memory = Memory<Float>(lease: Lease())
        _ = memory.reserve(10)
        memory.release()
        let grown = memory.reserve(1000)
        grown[999] = 1
        #expect(memory.byteCount >= 4000)
        #expect(UInt(bitPattern: grown) % 64 == 0)
    }

    /// A kernel may be working in what was handed out.
    @Test func memoryThatIsInUseDoesNotMove() async {
        await #expect(processExitsWith: .failure) {
            let memory = Memory<Float>(lease: Lease())
            _ = memory.reserve(10)
            _ = memory.reserve(1000)
        }
    }
}
