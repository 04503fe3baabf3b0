import Metrics
import Synchronization

/// Adds up; never falls.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        bits.add(amount)
    }

    func reset() { bits.store(0, ordering: .relaxed) }
}

/// Goes up and down.
final class GaugeSeries: RecorderHandler, MeterHandler {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func increment(by amount: Double) { bits.add(amount) }
    func decrement(by amount: Double) { bits.add(-amount) }
}

/// Counts values by size, in buckets with fixed bounds.
final class HistogramSeries: RecorderHandler, TimerHandler {
    struct Contents: Equatable, Sendable {
        /// One more than bounds: the last holds what is above all of them. Not cumulative.
        var counts: [UInt64]
        var sum = 0.0
    }

    let bounds: [Double]
    private let contents: Mutex<Contents>

    init(bounds: [Double]) {
        self.bounds = bounds
        contents = Mutex(Contents(counts: [UInt64](repeating: 0, count: bounds.count + 1)))
    }

    var snapshot: Contents { contents.withLock { $0 } }

    /// Sets the series to values that are counted elsewhere.
    /// - Parameter upTo: Gives the number of values up to a bound.
    func replace(count: UInt64, sum: Double, upTo: (Double) -> UInt64) {
        var below: UInt64 = 0
        var counts = bounds.map { bound in
            let all = max(below, min(count, upTo(bound)))
            defer { below = all }
            return all - below
        }
        counts.append(count - below)
        let replacement = Contents(counts: counts, sum: sum)
        contents.withLock { $0 = replacement }
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        contents.withLock { contents in
            contents.counts[bucket] &+= 1
            contents.sum += value
        }
    }

    /// Kept in seconds, Prometheus' base unit.
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}

extension Atomic<UInt64> {
    /// Adds to the Double whose bits these are.
    fileprivate func add(_ amount: Double) {
        var current = load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = compareExchange(expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}
