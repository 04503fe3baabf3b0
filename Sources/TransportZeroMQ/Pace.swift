/// Lets messages that come close together be taken together: with hundreds of publishers a thread's wake costs more than a message.
///
/// A turn begins at least `interval` after the one before. A lone publisher, whose messages are further apart, never waits; nor does
/// anybody while whole batches are waiting. Times are in nanoseconds.
package struct Pace {
    /// Between the beginnings of two turns.
    package static let interval = 2_000_000
    /// Messages in one turn from which on there is no pause before the next.
    package static let busy = 128

    private var last = Int.min / 2

    package init() {}

    /// The time that a turn which could begin `now` should wait, by the number of messages of the last turn.
    package mutating func pause(at now: Int, afterTaking messages: Int) -> Int {
        let pause = messages < Self.busy ? max(0, last + Self.interval - now) : 0
        last = now + pause
        return pause
    }
}
