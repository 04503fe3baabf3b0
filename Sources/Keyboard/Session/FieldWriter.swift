/// Carries out the composer's actions in the field, in their order. Input-method calls reach a program sooner than
/// pressed keys, so the actions behind keys wait for these. It belongs to the thread of its engines.
final class FieldWriter {
    private enum Deed {
        case action(ComposingAction)
        case answer(BusMessage, isTaken: Bool)
    }

    private let engines: IBusEngines
    /// Presses a key that the program hands on once it has come so far; `questionCame` tells of it.
    private let ask: () -> Void
    private var waiting: [Deed] = []
    /// The times at which to go on: at the latest, and, once the question came back, at the earliest.
    private var pause: (earliest: Int64, latest: Int64)?
    private var asks = false

    /// Nanoseconds that a program takes for a key, and for all of them.
    private static let perKey: Int64 = 15_000_000
    private static let least: Int64 = 50_000_000
    /// Nanoseconds from the question to the last key's effect.
    private static let afterQuestion: Int64 = 30_000_000
    private static let patience: Int64 = 1_000_000_000

    init(_ engines: IBusEngines, ask: @escaping () -> Void) {
        self.engines = engines
        self.ask = ask
    }

    var deadline: Int64? { pause.map { asks ? $0.latest : $0.earliest } }

    func perform(_ action: ComposingAction, at now: Int64) throws(BusFault) { try add(.action(action), at: now) }

    func answer(_ key: BusMessage, isTaken: Bool, at now: Int64) throws(BusFault) {
        try add(.answer(key, isTaken: isTaken), at: now)
    }

    /// The program has handed on the key that asked.
    func questionCame(at now: Int64) {
        guard asks, let pause else { return }
        asks = false
        self.pause?.earliest = min(pause.latest, max(pause.earliest, now + Self.afterQuestion))
    }

    func advance(to now: Int64) throws(BusFault) {
        while let due = deadline, now >= due {
            pause = nil
            asks = false
            try goOn(at: now)
        }
    }

    /// Does at once all that waits: the focus leaves the field.
    func flush() throws(BusFault) {
        for deed in takeAll() { try carryOut(deed) }
    }

    /// Forgets what waits, because another field has the focus already, but answers the keys.
    func abandon() throws(BusFault) {
        for deed in takeAll() { if case .answer = deed { try carryOut(deed) } }
    }

    private func takeAll() -> [Deed] {
        defer { waiting = [] }
        pause = nil
        return waiting
    }

    private func add(_ deed: Deed, at now: Int64) throws(BusFault) {
        if pause == nil { try begin(deed, at: now) } else { waiting.append(deed) }
    }

    private func goOn(at now: Int64) throws(BusFault) {
        while pause == nil, !waiting.isEmpty { try begin(waiting.removeFirst(), at: now) }
    }

    private func begin(_ deed: Deed, at now: Int64) throws(BusFault) {
        if case .action(.settle(let keys)) = deed {
            let earliest = now + Self.least + Int64(keys) * Self.perKey
            pause = (earliest, earliest + Self.patience)
            asks = true
            ask()
        }
        try carryOut(deed)
    }

    private func carryOut(_ deed: Deed) throws(BusFault) {
        switch deed {
        case .action(let action): try engines.perform(action)
        case .answer(let key, let isTaken): try engines.answer(key, isTaken: isTaken)
        }
    }
}
