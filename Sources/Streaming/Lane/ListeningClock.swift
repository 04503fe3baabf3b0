import DuctusFoundations

/// The clock of a lane. It stands while the process does, so that a pen is not taken for silent while nobody listened to it.
///
/// A process that is stopped, or whose machine sleeps, finds on its return what was sent meanwhile in its sockets, some of it after its lanes'
/// next turn. Time that passes between two looks counts up to `longestGap` only.
package struct ListeningClock {
    private let clock: any Clock
    /// In ns. No gap is too long at first, for tests that move time themselves.
    package var longestGap = Int64.max
    /// The monotonic time of the last look.
    private var looked: Int64
    /// The time that was not counted, ns.
    private var missed: Int64 = 0

    package init(_ clock: any Clock) {
        self.clock = clock
        looked = clock.monotonic
    }

    /// The monotonic time with what was not counted, ns.
    var monotonic: Int64 { clock.monotonic }
    var unixMicroseconds: Int64 { clock.unixMicroseconds }

    /// The present moment; its monotonic time is that of listening.
    package mutating func look() -> Moment {
        var now = Moment(clock)
        missed += max(0, now.monotonic - looked - longestGap)
        looked = now.monotonic
        now.monotonic -= missed
        return now
    }
}
