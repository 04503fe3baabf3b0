/// The times at which recorded reports are due.
struct PenPace {
    private let speed: Double
    private var origin: (clock: ContinuousClock.Instant, time: Int64)?

    /// Shorter waits are not worth one.
    private static let least: Duration = .milliseconds(2)

    /// - Parameter speed: How many times faster than it was written; 0: at once.
    init(speed: Double) { self.speed = speed }

    /// Seconds to wait; nil: it is due.
    mutating func left(until time: Int64?) -> Double? {
        guard speed > 0, let time else { return nil }
        guard let origin else {
            self.origin = (.now, time)
            return nil
        }
        let left = origin.clock + .microseconds(Double(time - origin.time) / speed) - .now
        return left > Self.least ? left / .seconds(1) : nil
    }
}
