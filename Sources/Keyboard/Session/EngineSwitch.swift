/// Decides which engine types: ours while the daemon reads, else the one that was chosen before. It knows no bus.
package struct EngineSwitch {
    let own: String
    /// Chosen before ours.
    private(set) var former: String
    private(set) var isOwn: Bool
    /// The user wants ours, though the former may serve while the daemon is away.
    private var isWanted: Bool
    /// The engine that we asked for, until IBus confirms it.
    private var asked: String?
    /// IBus did not say what has the focus. It does for an engine that it knows: ours is chosen once more.
    private var renews = false
    private var hasRenewed = false
    /// The request that IBus refused, and the time to repeat it.
    private var rest: (engine: String, end: Int64)?
    private var patience = Patience()

    /// - Parameter activates: Whether ours is to be chosen from the start; else the user chooses it.
    package init(own: String, current: String?, usual: String, activates: Bool) {
        self.own = own
        isOwn = current == own
        former = current.flatMap { $0 == own ? nil : $0 } ?? usual
        isWanted = activates || current == own
    }

    /// The time at which `wanted` must be called even if nothing happens.
    package var deadline: Int64? { rest?.end }

    /// The engine to choose now; nil: as it is.
    package mutating func wanted(isServed: Bool, at now: Int64) -> String? {
        if let rest, now >= rest.end { self.rest = nil }
        guard isWanted else { return nil }
        if renews, asked != nil { return nil }
        let engine = isServed && !renews ? own : former
        guard engine != asked ?? (isOwn ? own : former), engine != rest?.engine else { return nil }
        asked = engine
        return engine
    }

    /// IBus uses this engine from now on.
    package mutating func changed(to engine: String) {
        isOwn = engine == own
        if !isOwn {
            former = engine
            renews = false
        }
        // An engine that we did not ask for was chosen by the user.
        if engine != asked { isWanted = isOwn }
        asked = nil
        rest = nil
        patience.reset()
    }

    /// IBus did not do what was asked: it is asked again, after a pause that grows.
    package mutating func refused(at now: Int64) {
        guard let refused = asked else { return }
        asked = nil
        renews = false
        rest = (refused, patience.next(at: now))
    }

    /// An ibus-daemon asks a new engine whether to name the program that has the focus, and does not wait for the answer: only the
    /// first time it names none. Once is enough; one that never names a program is not asked on and on.
    package mutating func focusIsUnknown() {
        renews = !hasRenewed
        hasRenewed = true
    }

    /// The engine to choose when this program ends; nil where our engine is not chosen.
    package var atEnd: String? { isOwn || asked == own ? former : nil }
}
