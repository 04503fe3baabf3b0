import Metrics
import Synchronization

/// Turns totals that others keep (a lane, a socket) into counters: what a total has grown by is added.
package final class RunningTotals: Sendable {
    private let seen = Mutex<[String: UInt64]>([:])

    package init() {}

    /// - Parameter key: Names the total; one that is smaller than before belongs to a new owner and counts from 0.
    package func advance(_ counter: Counter, to total: UInt64, key: String) {
        let growth = seen.withLock { seen in
            let before = seen.updateValue(total, forKey: key) ?? 0
            return total >= before ? total - before : total
        }
        if growth > 0 { counter.increment(by: growth) }
    }
}
