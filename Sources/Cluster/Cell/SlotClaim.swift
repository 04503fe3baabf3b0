import DuctusStreaming

/// That a member owns a slot, as of an epoch: what a write shows to the database, which knows whether it still holds.
public struct SlotClaim: Sendable, Equatable {
    public var slot: Slot
    public var owner: String
    /// Raised by each take-over.
    public var epoch: Int64

    public init(slot: Slot, owner: String, epoch: Int64) {
        self.slot = slot
        self.owner = owner
        self.epoch = epoch
    }
}

/// What a member believes to own.
public protocol SlotOwnership: AnyObject, Sendable {
    /// The member's name.
    var member: String { get }
    /// Nil where the slot is another's.
    func claim(on slot: Slot) -> SlotClaim?
    /// A write was refused: the slot's owner or epoch is another by now.
    func lost(_ claim: SlotClaim)
}
