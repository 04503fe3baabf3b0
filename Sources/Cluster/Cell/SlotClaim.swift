import DuctusStreaming

/// A member's claim to a slot: its owner and epoch. Every write carries it, and the database refuses the write if the
/// claim no longer holds.
public struct SlotClaim: Sendable, Equatable {
    /// The slot that is owned.
    public var slot: Slot
    /// The member that owns it.
    public var owner: String
    /// Raised by each take-over.
    public var epoch: Int64

    /// A claim of `owner` to a slot, in its epoch.
    public init(slot: Slot, owner: String, epoch: Int64) {
        self.slot = slot
        self.owner = owner
        self.epoch = epoch
    }
}

/// The slots that a member believes to own.
public protocol SlotOwnership: AnyObject, Sendable {
    /// The member's name.
    var member: String { get }
    /// Nil where the slot is another's.
    func claim(on slot: Slot) -> SlotClaim?
    /// A write was refused: the slot's owner or epoch is another by now.
    func lost(_ claim: SlotClaim)
}
