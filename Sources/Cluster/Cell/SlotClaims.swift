import Dispatch
import DuctusStreaming
import Synchronization

/// The slots that a member owns. The stores fence their writes by it, and `CellMember` keeps it up to date.
///
/// It is made before both, and any thread may use it.
public final class SlotClaims: SlotOwnership {
    private struct State {
        var claims: [Slot: SlotClaim] = [:]
        /// Slots of refused writes that `CellMember` has not been told of.
        var lost: Set<Slot> = []
    }

    public let member: String
    private let state = Mutex(State())
    /// Raised when a claim is lost: the member's thread looks at once.
    let wake = DispatchSemaphore(value: 0)

    /// - Parameter member: its name, unique within the cell.
    public init(of member: String) { self.member = member }

    public func claim(on slot: Slot) -> SlotClaim? { state.withLock { $0.claims[slot] } }

    public func lost(_ claim: SlotClaim) {
        let isLost = state.withLock { state -> Bool in
            guard state.claims[claim.slot] == claim else { return false }
            state.claims[claim.slot] = nil
            state.lost.insert(claim.slot)
            return true
        }
        if isLost { wake.signal() }
    }

    var count: Int { state.withLock { $0.claims.count } }

    /// All slots that are owned.
    var slots: Set<Slot> { state.withLock { Set($0.claims.keys) } }

    /// Slots that were lost since the last call, but for those that are owned again by now.
    package func takeLost() -> Set<Slot> {
        state.withLock { state in
            defer { state.lost = [] }
            return state.lost.filter { state.claims[$0] == nil }
        }
    }

    /// Owns these slots, each in its epoch, and no others.
    ///
    /// - Returns: the slots that are new, or of another epoch, and those that are no longer owned.
    package func replace(with owned: [Slot: Int64]) -> (gained: Set<Slot>, lost: Set<Slot>) {
        state.withLock { state in
            let gained = Set(owned.filter { state.claims[$0.key]?.epoch != $0.value }.keys)
            let lost = Set(state.claims.keys.filter { owned[$0] == nil })
            state.claims = owned.reduce(into: [:]) {
                $0[$1.key] = SlotClaim(slot: $1.key, owner: member, epoch: $1.value)
            }
            return (gained, lost)
        }
    }

    /// Owns these slots no longer.
    func remove(_ slots: some Sequence<Slot>) {
        state.withLock { state in
            for slot in slots { state.claims[slot] = nil }
        }
    }
}
