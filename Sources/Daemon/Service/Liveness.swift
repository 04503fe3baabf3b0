import Synchronization

/// A thread that must not hang: a lane, a socket's thread, the learner.
package protocol Pulse: Sendable {
    /// The name in messages, such as `lane-0`.
    var name: String { get }
    /// Rises while the thread lives: by itself, or soon after `nudge`.
    var beats: UInt64 { get }
    /// Wakes the thread if it waits for work.
    func nudge()
}

/// Finds the threads that hang, from pulses that stopped rising.
package final class Liveness: Sendable {
    private struct Observation {
        var beats: UInt64
        /// The time at which it last rose, or was first seen.
        var since: Int64
    }

    private let pulses: [any Pulse]
    private let patience: Int64
    private let observations: Mutex<[Observation?]>

    /// - Parameter patience: Seconds without a beat after which a thread counts as hung.
    package init(_ pulses: [any Pulse], patience: Double) {
        self.pulses = pulses
        self.patience = Int64(patience * 1e9)
        observations = Mutex([Observation?](repeating: nil, count: pulses.count))
    }

    /// Names of the threads that hang.
    /// - Parameter now: Monotonic nanoseconds.
    package func check(now: Int64) -> [String] {
        let hung = observations.withLock { observations in
            pulses.indices.filter { index in
                let beats = pulses[index].beats
                guard let earlier = observations[index], earlier.beats == beats else {
                    observations[index] = Observation(beats: beats, since: now)
                    return false
                }
                return now - earlier.since > patience
            }
        }
        for pulse in pulses { pulse.nudge() }
        return hung.map { pulses[$0].name }
    }
}
