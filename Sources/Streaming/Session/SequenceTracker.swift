/// Follows a publisher's epoch and sequence numbers: what was lost, what came twice, when it began anew.
package struct SequenceTracker {
    package enum Arrival: Equatable {
        /// The first packet of all, or of a new epoch.
        case first, newEpoch
        case next
        /// So many packets never came.
        case gap(UInt64)
        /// Came before, or later than a packet sent after it: dropped.
        case repeated
    }

    private var epoch: UInt64?
    private var expected: UInt64 = 0

    package init() {}

    package mutating func note(epoch: UInt64, sequence: UInt64) -> Arrival {
        guard epoch == self.epoch else {
            let arrival: Arrival = self.epoch == nil ? .first : .newEpoch
            self.epoch = epoch
            expected = sequence.addingSaturating(1)
            return arrival
        }
        guard sequence >= expected else { return .repeated }
        let lost = sequence - expected
        expected = sequence.addingSaturating(1)
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
