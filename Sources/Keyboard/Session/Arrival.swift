/// The moments between the choice of our engine and the news of what has the focus: ink that is written in them waits.
struct Arrival {
    private var end: Int64?
    private var focusIsKnown = false

    /// Nanoseconds after which nothing is waited for.
    private static let patience: Int64 = 3_000_000_000

    mutating func begin(at now: Int64) {
        end = now + Self.patience
        focusIsKnown = false
    }

    mutating func know() { focusIsKnown = true }

    mutating func cancel() { end = nil }

    /// The time at which it is over at the latest.
    var deadline: Int64? { end }

    /// - Parameter isServed: Whether the daemon is there.
    mutating func isUnderWay(isServed: Bool, at now: Int64) -> Bool {
        guard let end else { return false }
        guard now < end, !(isServed && focusIsKnown) else {
            self.end = nil
            return false
        }
        return true
    }
}
