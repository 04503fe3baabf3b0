/// The budget of earlier messages that a new subscriber is sent: enough for everyone who comes and asks, too little to hold others up by
/// asking again and again.
package struct WelcomeBudget {
    /// Messages at once, and per second from then on. Each question costs one, too.
    static let burst = 16_384.0
    static let rate = 200.0

    private var tokens = burst
    private var filled: Int

    package init(now: Int) { filled = now }

    /// Whether a question may be asked.
    package mutating func ask(now: Int) -> Bool {
        tokens = min(Self.burst, tokens + Double(max(0, now - filled)) / 1e9 * Self.rate)
        filled = now
        return take(1)
    }

    /// Whether so many messages may be sent.
    package mutating func take(_ count: Int) -> Bool {
        guard tokens >= Double(count) else { return false }
        tokens -= Double(count)
        return true
    }
}
