import DuctusStreaming

/// The plan by which slots leave a member: a slot as soon as it has no open segment, and all of them when the time is
/// over.
///
/// Segments that are open then are given up without a final. Their pens still keep the packets, and send them to the
/// new owner.
public struct DrainPlan: Sendable, Equatable {
    /// Slots that still have something open, and when their time is over, monotonic ns.
    private var deadlines: [Slot: Int64] = [:]

    /// A plan that moves no slot.
    public init() {}

    /// The slots that are about to move.
    public var slots: Set<Slot> { Set(deadlines.keys) }
    /// Whether no slot is about to move.
    public var isEmpty: Bool { deadlines.isEmpty }

    /// Slots that leave from now on; those that leave already keep their time.
    public mutating func add(_ slots: some Sequence<Slot>, until deadline: Int64) {
        for slot in slots where deadlines[slot] == nil { deadlines[slot] = deadline }
    }

    /// Slots that do not leave any more: they stay, or are another's already.
    public mutating func remove(_ slots: some Sequence<Slot>) {
        for slot in slots { deadlines[slot] = nil }
    }

    /// Takes out the slots that go now.
    ///
    /// - Parameter busy: slots with an open segment, or one that waits for its final.
    public mutating func take(busy: Set<Slot>, now: Int64) -> Set<Slot> {
        let going = Set(deadlines.filter { !busy.contains($0.key) || $0.value <= now }.keys)
        remove(going)
        return going
    }
}
