/// The rules that give a journaled correction its state. Every journal, and the study off line, follows these rules.
public enum JournalRules {
    /// Every fourth correction of a writer, beginning with the second, is held out.
    public static let heldOutPeriod = 4

    /// Whether the correction that comes next is held out, for good: no training ever uses it.
    ///
    /// - Parameter earlier: corrections of the same writer so far, doubtful ones apart from the others.
    public static func isHeldOut(after earlier: Int) -> Bool { earlier % heldOutPeriod == 1 }

    /// The changes that a journal has to make for a correction.
    public struct Decision: Sendable, Equatable {
        /// The entry of a correction.
        public enum Entry: Sendable, Equatable {
            /// It is kept already, and counts.
            case known(JournaledCorrection)
            /// It was superseded, and counts again in this state.
            case renewed(JournaledCorrection)
            /// It is new.
            case new(state: JournaledCorrection.State, isHeldOut: Bool)
        }

        /// The entry that the journal keeps.
        public var entry: Entry
        /// Numbers of other texts for the same segment, whose place it takes.
        public var superseded: [UInt64]
    }

    /// - Parameters:
    ///   - known: corrections of the same segment that are kept.
    ///   - earlier: as `isHeldOut(after:)` takes it.
    public static func decision(
        on correction: Correction, isDoubtful: Bool, known: [JournaledCorrection], earlier: Int
    ) -> Decision {
        let others = known.filter { $0.correction.text != correction.text && $0.state != .superseded }.map(\.number)
        let state = isDoubtful ? JournaledCorrection.State.quarantined : .pending
        guard var same = known.first(where: { $0.correction.text == correction.text }) else {
            return Decision(entry: .new(state: state, isHeldOut: isHeldOut(after: earlier)), superseded: others)
        }
        guard same.state == .superseded else { return Decision(entry: .known(same), superseded: []) }
        same.state = state
        return Decision(entry: .renewed(same), superseded: others)
    }

    /// `limit` of the elements, evenly spread, the first among them.
    public static func spread<Element>(_ elements: [Element], _ limit: Int) -> [Element] {
        guard elements.count > limit, limit > 0 else { return limit > 0 ? elements : [] }
        return (0..<limit).map { elements[$0 * elements.count / limit] }
    }
}
