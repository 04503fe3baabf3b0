import DuctusDrawing

/// The movement of a pen: elementary movements that overlap in time and add up as vectors, and when the tip touches.
///
/// Corners become round and speed never quite reaches zero between the movements because they overlap, as in a hand.
package struct PenMovement: Sendable {
    package private(set) var pulses: [LognormalPulse] = []
    /// The intervals in which the tip touches the surface, in seconds.
    package private(set) var contacts: [ClosedRange<Double>] = []
    private let start: PlanePoint

    /// A pen that hovers at `start`.
    package init(start: PlanePoint) {
        self.start = start
    }

    /// The end of the last movement begun so far.
    package var end: Double { pulses.last?.end ?? 0 }

    /// Adds an elementary movement; onsets must not decrease.
    package mutating func append(_ pulse: LognormalPulse) {
        precondition(pulse.onset >= (pulses.last?.onset ?? 0), "movements are planned in the order of their onsets")
        pulses.append(pulse)
    }

    /// Lets the tip touch during `interval`, which lies after all earlier ones.
    package mutating func touch(during interval: ClosedRange<Double>) {
        contacts.append(interval)
    }

    /// Walks through time without searching: ask for positions at times that never decrease.
    package struct Walk {
        private let pulses: [LognormalPulse]
        private var settled: PlanePoint
        private var first = 0

        init(_ movement: PenMovement) {
            pulses = movement.pulses
            settled = movement.start
        }

        /// The position at `time`: what has arrived plus what every movement under way has contributed.
        package mutating func position(at time: Double) -> PlanePoint {
            while first < pulses.count, pulses[first].end <= time {
                settled += pulses[first].arc.end - pulses[first].arc.start
                first += 1
            }
            var sum = settled
            var i = first
            while i < pulses.count, pulses[i].onset < time {
                sum += pulses[i].displacement(at: time)
                i += 1
            }
            return sum
        }
    }

    package func walk() -> Walk { Walk(self) }
}
