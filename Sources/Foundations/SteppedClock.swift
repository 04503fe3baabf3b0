import Synchronization

/// Time that moves when the input does: for reading recordings as if they arrived now.
package final class SteppedClock: Clock {
    private let microseconds = Atomic<Int64>(1_000_000)

    package init() {}

    package var monotonic: Int64 { microseconds.load(ordering: .relaxed) * 1000 }
    package var unixMicroseconds: Int64 { microseconds.load(ordering: .relaxed) }
    package func advance(microseconds step: Int64) { microseconds.add(step, ordering: .relaxed) }
}
