/// Which engine types: ours while the daemon reads, else the one that was chosen before. Knows no bus.
package struct EngineSwitch {
    private let own: String
    /// Chosen before ours.
    private(set) var former: String
    private(set) var isOwn: Bool
    /// The user wants ours, though the former may serve while the daemon is away.
    private var isWanted: Bool
    /// What was asked for by us and not yet told by IBus.
    private var asked: String?

    /// - Parameter activates: Whether ours is to be chosen from the start; else the user chooses it.
    package init(own: String, current: String?, usual: String, activates: Bool) {
        self.own = own
        isOwn = current == own
        former = current.flatMap { $0 == own ? nil : $0 } ?? usual
        isWanted = activates || current == own
    }

    /// The engine to choose now; nil: as it is.
    package mutating func wanted(isServed: Bool) -> String? {
        guard isWanted else { return nil }
        let engine = isServed ? own : former
        guard engine != asked ?? (isOwn ? own : former) else { return nil }
        asked = engine
        return engine
    }

    /// IBus uses this engine from now on.
    package mutating func changed(to engine: String) {
        isOwn = engine == own
        if !isOwn { former = engine }
        // What was not asked for by us was chosen by the user.
        if engine != asked { isWanted = isOwn }
        asked = nil
    }

    /// IBus did not do what was asked: it is asked again.
    package mutating func refused() { asked = nil }

    /// What to choose when this program ends; nil: nothing of ours is chosen.
    package var atEnd: String? { isOwn || asked == own ? former : nil }
}
