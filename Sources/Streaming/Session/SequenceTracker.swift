/// Follows a publisher's epoch and sequence numbers, and finds lost packets, repeated ones, and new beginnings.
package struct SequenceTracker {
    package enum Arrival: Equatable {
        /// The first packet of all, or of a new epoch.
        case first, newEpoch
        case next
        /// The number of packets that never came.
        case gap(UInt64)
        /// Came before, or later than a packet sent after it: dropped.
        case repeated
    }

    private var epoch: UInt64?
    /// The highest number seen in the epoch.
    private var last: UInt64 = 0

    package init() {}

    package mutating func note(epoch: UInt64, sequence: UInt64) -> Arrival {
        guard epoch == self.epoch else {
            let arrival: Arrival = self.epoch == nil ? .first : .newEpoch
            self.epoch = epoch
            last = sequence
            return arrival
        }
        guard sequence > last else { return .repeated }
        let lost = sequence - last - 1
        last = sequence
        return lost == 0 ? .next : .gap(lost)
    }
}

extension UInt64 {
    /// Sum that stays at the top instead of trapping: counters of what strangers send.
    func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
