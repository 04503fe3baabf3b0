/// Lets `rate` units a second pass, with bursts of up to `burst`.
struct TokenBucket: Equatable, Sendable {
    private(set) var rate: Double
    private(set) var burst: Double
    private var tokens: Double
    private var filled: Int64

    /// - Parameter now: Monotonic nanoseconds.
    init(rate: Double, burst: Double, now: Int64) {
        self.rate = rate
        self.burst = burst
        tokens = burst
        filled = now
    }

    /// False, and nothing taken, if there is not enough.
    mutating func take(_ amount: Double, now: Int64) -> Bool {
        guard has(amount, now: now) else { return false }
        tokens -= amount
        return true
    }

    /// Takes what there is and owes the rest, but not more than `most`.
    mutating func charge(_ amount: Double, owing most: Double, now: Int64) {
        _ = has(amount, now: now)
        tokens = max(-most, tokens - amount)
    }

    /// Whether there is enough; nothing is taken.
    mutating func has(_ amount: Double, now: Int64) -> Bool {
        if now > filled {
            tokens = min(burst, tokens + Double(now - filled) / 1e9 * rate)
            filled = now
        }
        return tokens >= amount
    }

    /// After a reload; what is saved up stays, within the new burst.
    mutating func change(rate: Double, burst: Double) {
        self.rate = rate
        self.burst = burst
        tokens = min(tokens, burst)
    }
}
