import Glibc

/// The two clocks that streaming may look at. Tests advance one by hand; nothing in this module asks the system by itself.
public protocol Clock: AnyObject, Sendable {
    /// Nanoseconds that never run backward: idleness, latency.
    var monotonic: Int64 { get }
    /// Unix time in µs: stamps, segment numbers.
    var unixMicroseconds: Int64 { get }
}

/// The system's clocks.
public final class SystemClock: Clock {
    /// The system's clock.
    public init() {}

    public var monotonic: Int64 { Self.read(CLOCK_MONOTONIC, per: 1) }
    public var unixMicroseconds: Int64 { Self.read(CLOCK_REALTIME, per: 1000) }

    private static func read(_ clock: clockid_t, per divisor: Int64) -> Int64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return (Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)) / divisor
    }
}
