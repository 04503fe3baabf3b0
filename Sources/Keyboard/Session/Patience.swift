/// The pauses between tries of an action that fails, each longer than the one before.
struct Patience: Equatable, Sendable {
    private var pause = Self.first

    /// Nanoseconds.
    private static let first: Int64 = 250_000_000
    private static let longest: Int64 = 30_000_000_000

    /// The time at which to try again what has just failed.
    mutating func next(at now: Int64) -> Int64 {
        defer { pause = min(2 * pause, Self.longest) }
        return now + pause
    }

    /// Begins again with the first pause, after a success.
    mutating func reset() { pause = Self.first }
}
