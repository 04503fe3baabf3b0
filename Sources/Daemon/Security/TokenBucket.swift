/// Limits a rate by the token bucket: `rate` units a second pass on average, and `burst` at once. A unit is what the owner counts, such as a
/// message or a byte. Times are those of a monotonic clock, in nanoseconds.
struct TokenBucket: Equatable, Sendable {
    /// Units that are added per second.
    private(set) var rate: Double
    /// Units that the bucket holds.
    private(set) var burst: Double
    /// Units in the bucket at the time `filled`; negative: owed.
    private var tokens: Double
    /// The time at which units were last added, in ns.
    private var filled: Int64

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - rate: units per second.
    ///   - burst: units that it holds.
    ///   - now: ns.
    init(rate: Double, burst: Double, now: Int64) {
        self.rate = rate
        self.burst = burst
        tokens = burst
        filled = now
    }

    /// Takes `amount` units at the time `now` (ns). False, and nothing taken, if there are not enough.
    mutating func take(_ amount: Double, now: Int64) -> Bool {
        guard has(amount, now: now) else { return false }
        tokens -= amount
        return true
    }

    /// Takes `amount` units at the time `now` (ns), and owes those that are missing, `most` at most.
    mutating func charge(_ amount: Double, owing most: Double, now: Int64) {
        _ = has(amount, now: now)
        tokens = max(-most, tokens - amount)
    }

    /// Whether there are `amount` units at the time `now` (ns); nothing is taken.
    mutating func has(_ amount: Double, now: Int64) -> Bool {
        if now > filled {
            tokens = min(burst, tokens + Double(now - filled) / 1e9 * rate)
            filled = now
        }
        return tokens >= amount
    }

    /// Changes the limits, as a reload does: units per second, and units that it holds. What is in the bucket stays, as far as it fits.
    mutating func change(rate: Double, burst: Double) {
        self.rate = rate
        self.burst = burst
        tokens = min(tokens, burst)
    }
}
