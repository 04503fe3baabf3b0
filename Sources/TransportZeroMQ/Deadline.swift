import Glibc

/// A point in monotonic time up to which to wait.
struct Deadline {
    private let end: Int

    init(milliseconds: Int) { end = Self.now + max(0, min(milliseconds, 1 << 40)) }

    /// Milliseconds left, never negative.
    var remaining: Int { max(0, end - Self.now) }

    private static var now: Int { nanoseconds / 1_000_000 }

    /// Monotonic time.
    static var nanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
