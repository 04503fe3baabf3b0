import DuctusFoundations
import DuctusStreaming
import Foundation
import Synchronization

/// The service of a daemon for the slots of its member.
public protocol SlotService: Sendable {
    /// Takes what comes for these slots from now on.
    func serve(_ slots: Set<Slot>)
    /// Those with an open segment, or one that waits for its final.
    func busy(among slots: Set<Slot>) -> Set<Slot>
    /// Takes nothing more for these slots, and gives up what is open without a final: its pen sends it to the new owner.
    func abandon(_ slots: Set<Slot>)
}

/// A daemon's membership in a cell: renews its lease, takes slots that fall to it, and gives away those that fall to others.
///
/// Guarantees
/// - Slots of a member that died are taken within its lease and two turns of a second.
/// - A planned move waits until nothing of the slot is open, `Settings.drain` seconds at most.
/// - While the database cannot be reached everything stays as it was: what is owned is read on. Whether it still is owned the database
///   says, with each write. Afterwards the others have one lease's time to renew theirs.
public final class CellMember: Sendable {
    /// The member's patience.
    public struct Settings: Sendable {
        /// Seconds for which a member counts as alive after it was last heard of.
        public var lease = 5.0
        /// Seconds for which a planned move waits for open segments.
        public var drain = 4.0

        /// The default settings.
        public init() {}
    }

    /// The figures of a member in status and metrics.
    public struct Figures: Sendable, Equatable {
        /// Slots that the member owns.
        public var slots = 0
        /// Slots taken from members that died, or from nobody, and given by members that drained.
        public var takeOvers: UInt64 = 0
        /// Why the cell cannot be asked at present.
        public var fault: String?
    }

    private struct State {
        var plan = DrainPlan()
        /// The members to which the slots of the plan go.
        var destinations: [Slot: String] = [:]
        var hasJoined = false
        var isLeaving = false
        var isStopping = false
        /// The time at which the database was last heard of, monotonic ns.
        var lastTurn: Int64?
        /// Until then leases of others that are over say nothing: nobody could renew one.
        var isPatientUntil: Int64?
        var figures = Figures()

        /// These slots are not this member's to give any more.
        mutating func forget(_ slots: Set<Slot>) {
            for slot in slots { destinations[slot] = nil }
            plan.remove(slots)
        }
    }

    /// The slots that it owns.
    public let claims: SlotClaims
    private let service: any SlotService
    private let settings: Settings
    private let directory: CellDirectory
    private let clock: any Clock
    private let cellClock: CellClock?
    private let unready: @Sendable () -> DatabaseFault?
    private let onFault: @Sendable (String?) -> Void
    private let incarnation = Int64.random(in: 1...Int64.max)
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)
    private let isRunning = Atomic<Bool>(false)

    /// Seconds between two looks at slots that are to move.
    private static let drainInterval = 0.05

    /// - Parameters:
    ///   - claims: of this member, kept up to date here.
    ///   - service: takes what comes for its slots.
    ///   - database: used by the member alone, so that a lease is never renewed late because of other work.
    ///   - cellClock: a clock that the member sets by the database's.
    ///   - unready: gives the reason why the member cannot serve slots yet, or nil. It is called before the member
    ///     joins, and before it comes back after its lease ran out.
    ///   - onFault: called with the reason when the database cannot be reached, and with nil when it can again.
    public init(
        _ claims: SlotClaims, serving service: any SlotService, _ settings: Settings = Settings(),
        database: PostgreSQLDatabase, clock: any Clock, cellClock: CellClock? = nil,
        unready: @escaping @Sendable () -> DatabaseFault? = { nil },
        onFault: @escaping @Sendable (String?) -> Void = { _ in }
    ) {
        self.claims = claims
        self.service = service
        self.settings = settings
        directory = CellDirectory(database)
        self.clock = clock
        self.cellClock = cellClock
        self.unready = unready
        self.onFault = onFault
    }

    /// The present figures for status and metrics.
    public var figures: Figures {
        var figures = state.withLock { $0.figures }
        figures.slots = claims.count
        return figures
    }

    private var name: String { claims.member }

    // MARK: Life

    /// Joins the cell, on a thread of its own.
    public func start() {
        isRunning.store(true, ordering: .releasing)
        let thread = Thread { self.loop() }
        thread.name = "member"
        thread.start()
    }

    /// Gives all slots away, drained, and leaves the cell.
    public func stop() {
        guard isRunning.exchange(false, ordering: .acquiringAndReleasing) else { return }
        state.withLock { $0.isLeaving = true }
        claims.wake.signal()
        _ = ended.wait(timeout: .now() + settings.drain + 2)
        state.withLock { $0.isStopping = true }
        claims.wake.signal()
    }

    private var period: Double { settings.lease / 5 }

    private func loop() {
        var next = clock.monotonic
        var hasAnnounced = false
        while !state.withLock({ $0.isStopping }) {
            let isLeaving = state.withLock { $0.isLeaving }
            abandonLost()
            if clock.monotonic >= next {
                next = clock.monotonic + Int64(period * 1e9)
                beat()
                hasAnnounced = isLeaving
            }
            drain()
            let (isDraining, hasGivenAll) = state.withLock { (!$0.plan.isEmpty, $0.destinations.isEmpty) }
            if hasAnnounced, hasGivenAll { break }
            let left = Double(next - clock.monotonic) / 1e9
            if claims.wake.wait(timeout: .now() + max(0, isDraining ? min(left, Self.drainInterval) : left)) == .success
            {
                next = clock.monotonic
            }
        }
        service.abandon(claims.slots)
        // Where it cannot be told, the lease ends by itself.
        try? directory.leave(name, incarnation: incarnation)
        ended.signal()
    }

    // MARK: A turn

    /// Renews the lease and looks what falls to whom; `start` calls it again and again, tests call it by hand.
    package func beat() {
        do {
            if isOutside, let fault = unready() { throw fault }
            let began = clock.unixMicroseconds
            guard let now = try directory.renew(name, incarnation: incarnation, seconds: settings.lease) else {
                throw DatabaseFault.unreadable(
                    "another living member of the name '\(name)'; give each its own cluster.member")
            }
            cellClock?.set(to: now, at: began + (clock.unixMicroseconds - began) / 2)
            noteTurn()
            if !state.withLock({ $0.hasJoined }) {
                try directory.disown(name)
                state.withLock { $0.hasJoined = true }
            }
            if state.withLock({ $0.isLeaving }) { _ = try directory.drain(name, true) }
            try settle(try directory.view())
            note(nil)
        } catch {
            note("\(error)")
        }
    }

    /// Whether the others count it as gone: they give it slots as soon as it is back, so it must be able to serve them.
    private var isOutside: Bool {
        let (now, lease) = (clock.monotonic, Int64(settings.lease * 1e9))
        return state.withLock { $0.lastTurn.map { now - $0 > lease } ?? true }
    }

    /// After an outage of the database all leases have run out. The first member that comes back must not take slots
    /// that the others still serve, so it waits for one lease.
    private func noteTurn() {
        let (now, lease) = (clock.monotonic, Int64(settings.lease * 1e9))
        state.withLock { state in
            if let last = state.lastTurn, now - last > lease - Int64(period * 1e9) {
                state.isPatientUntil = now + lease
            }
            state.lastTurn = now
        }
    }

    private func note(_ fault: String?) {
        let isNew = state.withLock { state in
            defer { state.figures.fault = fault }
            return state.figures.fault != fault
        }
        if isNew { onFault(fault) }
    }

    private func settle(_ view: CellDirectory.View) throws {
        let assignment = view.assignment
        let live = Set(view.members.filter(\.isLive).map(\.name))
        var owned: [Slot: Int64] = [:]
        var wanted: [Slot] = []
        var leaving: [Slot: String] = [:]
        let isPatient = state.withLock { $0.isPatientUntil.map { clock.monotonic < $0 } ?? false }
        for record in view.slots {
            let owner = assignment.owner(of: record.slot)
            if record.owner == name {
                owned[record.slot] = record.epoch
                if let owner, owner != name { leaving[record.slot] = owner }
            } else if owner == name, record.owner.map({ !isPatient && !live.contains($0) }) ?? true {
                wanted.append(record.slot)
            }
        }
        let taken = wanted.isEmpty ? [:] : try directory.claim(wanted, for: name)
        owned.merge(taken) { $1 }
        adopt(owned, leaving: leaving)
    }

    /// Brings what is served up to date with what is owned.
    private func adopt(_ owned: [Slot: Int64], leaving: [Slot: String]) {
        let deadline = clock.monotonic + Int64(settings.drain * 1e9)
        abandonLost()
        let (gained, lost) = claims.replace(with: owned)
        state.withLock { state in
            state.figures.takeOvers += UInt64(gained.count)
            state.plan.remove(state.plan.slots.filter { leaving[$0] == nil })
            state.plan.add(leaving.keys, until: deadline)
            state.destinations = leaving
        }
        if !lost.isEmpty { service.abandon(lost) }
        if !gained.isEmpty { service.serve(gained) }
    }

    /// Takes nothing more for slots whose writes were refused.
    package func abandonLost() {
        let lost = claims.takeLost()
        guard !lost.isEmpty else { return }
        state.withLock { $0.forget(lost) }
        service.abandon(lost)
    }

    /// Gives away what can go now.
    package func drain() {
        let slots = state.withLock { $0.plan.slots }
        guard !slots.isEmpty else { return }
        let busy = service.busy(among: slots)
        let going = state.withLock { state -> [Slot: String] in
            let going = state.plan.take(busy: busy, now: clock.monotonic)
            let destinations = state.destinations.filter { going.contains($0.key) }
            state.forget(going)
            return destinations
        }
        claims.remove(going.keys)
        guard !going.isEmpty else { return }
        service.abandon(Set(going.keys))
        for (destination, slots) in Dictionary(grouping: going.keys, by: { going[$0] ?? "" }) {
            do {
                try directory.give(slots, of: name, to: destination)
            } catch {
                // They are still this member's: the next turn serves them again, and tries again.
                note("\(error)")
            }
        }
    }
}
