/// Says when a hop is due: each time the samples' own time has advanced by a hop. Where samples carry no time, their arrival counts.
package struct HopTimer {
    private let hop: Int64
    private var next: Int64?

    package init(seconds: Double) {
        hop = max(1, Int64(min(3600, max(0, seconds)) * 1e6))
    }

    /// Whether the sample at `time` (µs) makes a hop due.
    package mutating func isDue(at time: Int64) -> Bool {
        guard let next else {
            next = time &+ hop
            return false
        }
        let (ahead, overflow) = time.subtractingReportingOverflow(next)
        // A clock that was set back or far ahead begins a new hop.
        guard !overflow, ahead > -2 * hop else {
            self.next = time &+ hop
            return overflow
        }
        guard ahead >= 0 else { return false }
        self.next = ahead < hop ? next &+ hop : time &+ hop
        return true
    }

    package mutating func restart() { next = nil }
}
