import DuctusStreaming

/// The assignment of slots to the members of a cell.
///
/// Rendezvous hashing (Thaler and Ravishankar 1998): of all members the one with the highest hash of its name and the slot. When a member
/// comes or goes only the slots that it gets or had change hands.
public struct SlotAssignment: Sendable {
    /// Members that may own slots.
    private let candidates: [String]
    /// The members at which an operator wants slots.
    private let wishes: [Slot: String]

    /// - Parameter members: those that live; who drains gets no slots.
    public init(_ members: [CellMemberRecord], wishes: [Slot: String] = [:]) {
        candidates = members.filter { !$0.isDraining }.map(\.name).sorted()
        self.wishes = wishes
    }

    /// Nil where nobody can own it.
    public func owner(of slot: Slot) -> String? {
        if let wish = wishes[slot], candidates.contains(wish) { return wish }
        return candidates.max { (Self.weight($0, slot), $0) < (Self.weight($1, slot), $1) }
    }

    private static func weight(_ member: String, _ slot: Slot) -> UInt64 {
        Slot.hash(Array(slot.digits.utf8) + [0] + Array(member.utf8))
    }
}

/// A daemon of a cell, as the database knows it.
public struct CellMemberRecord: Sendable, Equatable {
    public var name: String
    /// Whether it gives its slots away and gets none.
    public var isDraining: Bool
    /// Seconds for which its lease still runs, by the database's clock; below 0: it is over.
    public var lease: Double
    /// Slots it owns.
    public var slots: Int
    /// The identifier of this life of the daemon, drawn at random when it starts.
    public var incarnation: Int64

    /// A member as the directory knows it. `lease` is in seconds.
    public init(name: String, isDraining: Bool = false, lease: Double, slots: Int = 0, incarnation: Int64 = 0) {
        self.name = name
        self.isDraining = isDraining
        self.lease = lease
        self.slots = slots
        self.incarnation = incarnation
    }

    /// Whether the member was heard of within its lease.
    public var isLive: Bool { lease > 0 }
}
