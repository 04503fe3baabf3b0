import AdaptationTestSupport
import DuctusAdaptation
import DuctusCluster
import DuctusFoundations
import DuctusStreaming
import Foundation
import Synchronization
import Testing

/// A service that takes notes.
private final class Notes: SlotService {
    struct State {
        var served: Set<Slot> = []
        var busy: Set<Slot> = []
        var abandoned = 0
    }
    let state = Mutex(State())
    private let changes = DispatchSemaphore(value: 0)

    func serve(_ slots: Set<Slot>) {
        state.withLock { $0.served.formUnion(slots) }
        changes.signal()
    }
    func busy(among slots: Set<Slot>) -> Set<Slot> { state.withLock { $0.busy.intersection(slots) } }
    func abandon(_ slots: Set<Slot>) {
        state.withLock {
            $0.served.subtract(slots)
            $0.abandoned += slots.count
        }
        changes.signal()
    }
    var served: Set<Slot> { state.withLock { $0.served } }

    /// Waits for another thread's calls until `isWanted` holds; false if it takes too long.
    func waits(_ isWanted: (State) -> Bool) -> Bool {
        let deadline = DispatchTime.now() + 20
        while !isWanted(state.withLock { $0 }) {
            if changes.wait(timeout: deadline) == .timedOut { return isWanted(state.withLock { $0 }) }
        }
        return true
    }
}

/// Members of one cell, against a real database, driven by hand.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "needs PostgreSQL 15")) struct CellMemberTests {
    private let schema = "cell_" + UUID().uuidString.lowercased()
    private let server: PostgreSQLServer

    init() throws { server = try PostgreSQLServer.shared() }

    private func member(
        _ name: String, lease: Double = 60, clock: any Clock = SystemClock(),
        unready: @escaping @Sendable () -> DatabaseFault? = { nil }
    ) -> (CellMember, Notes) {
        var settings = CellMember.Settings()
        settings.lease = lease
        let notes = Notes()
        let member = CellMember(
            SlotClaims(of: name), serving: notes, settings, database: server.database(schema), clock: clock,
            unready: unready)
        return (member, notes)
    }

    @Test func theFirstOwnsAllAndTheNextGetsItsShareDrained() throws {
        let (one, notesOfOne) = member("one")
        one.beat()
        #expect(one.figures.slots == Slot.count && notesOfOne.served.count == Slot.count)
        let (two, notesOfTwo) = member("two")
        two.beat()
        #expect(two.figures.slots == 0, "what lives is not taken")
        one.beat()
        let kept = try #require(Slot.all.first { one.claims.claim(on: $0) != nil })
        let going = try #require(
            CellDirectory(server.database(schema)).view().slots.first { record in
                SlotAssignment([.init(name: "one", lease: 1), .init(name: "two", lease: 1)]).owner(of: record.slot)
                    == "two"
            }?.slot)
        notesOfOne.state.withLock { $0.busy = [going] }
        one.drain()
        #expect(one.claims.claim(on: going) != nil, "what is open stays until it ends")
        notesOfOne.state.withLock { $0.busy = [] }
        one.drain()
        two.beat()
        #expect(one.claims.claim(on: going) == nil && two.claims.claim(on: going)?.epoch == 2)
        #expect((400...624).contains(two.figures.slots) && one.figures.slots + two.figures.slots == Slot.count)
        #expect(notesOfOne.served.isDisjoint(with: notesOfTwo.served) && kept.number >= 0)
    }

    @Test func whatIsOpenForTooLongIsGivenUp() throws {
        let clock = SteppedClock()
        let (one, notes) = member("one", clock: clock)
        one.beat()
        let (two, _) = member("two")
        two.beat()
        one.beat()
        notes.state.withLock { $0.busy = Set(Slot.all) }
        one.drain()
        #expect(one.figures.slots == Slot.count)
        clock.advance(microseconds: 4_100_000)
        one.drain()
        two.beat()
        #expect(one.figures.slots + two.figures.slots == Slot.count && two.figures.slots > 400)
    }

    @Test func theSlotsOfTheDeadAreTakenAndTheirWritesRefused() throws {
        let (one, notesOfOne) = member("one")
        one.beat()
        let journal = PostgreSQLCorrectionJournal(in: server.database(schema), pipeline: "ink", ownership: one.claims)
        _ = try journal.add(correction(segment: 1), isDoubtful: false)
        try endAllLeases()
        let (two, _) = member("two")
        two.beat()
        #expect(two.figures.slots == Slot.count)
        // It was stopped, and does not know yet.
        let slot = Slot(of: "anna")
        #expect(one.claims.claim(on: slot)?.epoch == 1)
        #expect { try journal.add(correction(segment: 2), isDoubtful: false) } throws: { error in
            guard case JournalError.notOwner = error else { return false }
            return true
        }
        #expect(one.claims.claim(on: slot) == nil)
        one.abandonLost()
        #expect(!notesOfOne.served.contains(slot) && notesOfOne.served.count == Slot.count - 1)
        let others = PostgreSQLCorrectionJournal(in: server.database(schema), pipeline: "ink", ownership: two.claims)
        #expect(try others.entries(of: nil, after: 0, limit: 9).map(\.correction.segment) == [1])
        #expect(try others.add(correction(segment: 2), isDoubtful: false).number > 0)
        one.beat()
        #expect(one.figures.slots == 0)
    }

    @Test func aRefusedWriteWakesAMemberThatRuns() throws {
        let (one, notes) = member("one")
        one.start()
        defer { one.stop() }
        #expect(notes.waits { $0.served.count == Slot.count })
        let slot = Slot(of: "anna")
        let claim = try #require(one.claims.claim(on: slot))
        one.claims.lost(claim)
        // Nobody else took it, so that the turn after that claims it again.
        #expect(notes.waits { $0.abandoned == 1 && $0.served.count == Slot.count })
        #expect(one.claims.claim(on: slot) == claim)
        one.claims.lost(SlotClaim(slot: slot, owner: "one", epoch: claim.epoch + 1))
        #expect(one.claims.claim(on: slot) == claim, "what is not claimed is not lost")
    }

    @Test func afterAnOutageTheOthersHaveTimeToRenewTheirLeases() throws {
        let clock = SteppedClock()
        let (one, _) = member("one", clock: clock)
        let (two, _) = member("two", clock: clock)
        for _ in 0..<3 {
            for member in [one, two] {
                member.beat()
                member.drain()
            }
        }
        let share = two.figures.slots
        #expect(share > 300 && one.figures.slots + share == Slot.count)
        // Nobody could renew a lease for so long, and one is back first.
        try endAllLeases()
        clock.advance(microseconds: 70_000_000)
        one.beat()
        #expect(one.figures.slots == Slot.count - share)
        two.beat()
        #expect(two.figures.slots == share && two.figures.takeOvers == UInt64(share))
        // Who does not come back in that time is gone.
        try endAllLeases()
        for _ in 0..<2 {
            clock.advance(microseconds: 40_000_000)
            one.beat()
        }
        #expect(one.figures.slots == Slot.count)
    }

    @Test func whoCannotServeSlotsIsGivenNone() throws {
        let clock = SteppedClock()
        let fault = Mutex<DatabaseFault?>(.unreachable(reason: "its stores are cut off"))
        let (one, _) = member("one")
        one.beat()
        let (two, notes) = member("two", clock: clock, unready: { fault.withLock { $0 } })
        func settle() {
            for member in [two, one, two] {
                member.beat()
                member.drain()
            }
        }
        settle()
        #expect(one.figures.slots == Slot.count && two.figures.fault?.contains("stores") == true)
        fault.withLock { $0 = nil }
        settle()
        #expect(two.figures.slots > 300 && two.figures.fault == nil && !notes.served.isEmpty)
        // A member that the others count on stays, and comes back only when it can.
        fault.withLock { $0 = .unreachable(reason: "its stores are cut off") }
        two.beat()
        #expect(two.figures.fault == nil)
        clock.advance(microseconds: 70_000_000)
        two.beat()
        #expect(two.figures.fault?.contains("stores") == true)
    }

    private func endAllLeases() throws {
        try server.run("UPDATE \\\"\(schema)\\\".member SET lease = clock_timestamp() - interval '1 s'")
    }

    @Test func wishesHoldWhileTheirMemberLives() throws {
        let (one, _) = member("one")
        let (two, _) = member("two")
        one.beat()
        two.beat()
        one.beat()
        one.drain()
        two.beat()
        let directory = CellDirectory(server.database(schema))
        let slot = try #require(Slot.all.first { one.claims.claim(on: $0) != nil })
        try directory.move([slot], to: "two")
        one.beat()
        one.drain()
        two.beat()
        #expect(two.claims.claim(on: slot) != nil && one.claims.claim(on: slot) == nil)
        #expect(try directory.drain("two", true))
        two.beat()
        two.drain()
        one.beat()
        #expect(one.figures.slots == Slot.count && two.figures.slots == 0)
        #expect(try !directory.drain("nobody", true))
    }

    @Test func twoOfOneNameDoNotBothLive() throws {
        let (one, _) = member("one")
        let (other, _) = member("one")
        one.beat()
        other.beat()
        #expect(other.figures.slots == 0)
        let fault = try #require(other.figures.fault)
        #expect(fault.contains("cluster.member"))
    }

    @Test func aTrainingOfWhoLostTheSlotIsOvertaken() throws {
        let (one, _) = member("one")
        one.beat()
        let archive = PostgreSQLGenerationArchive(
            in: server.database(schema), pipeline: "ink", keeping: 3, ownership: one.claims)
        let base = BaseModel(try SmallModel.make())
        _ = try archive.promote(candidate(over: base, .writer("anna")), over: base, interventions: nil)
        try endAllLeases()
        let (two, _) = member("two")
        two.beat()
        #expect(throws: GenerationError.overtaken(.writer("anna"))) {
            try archive.promote(candidate(over: base, .writer("anna")), over: base, interventions: nil)
        }
        let others = PostgreSQLGenerationArchive(
            in: server.database(schema), pipeline: "ink", keeping: 3, ownership: two.claims)
        #expect(try others.serving()[.writer("anna")] == 1)
    }

    @Test func aDatabaseThatIsGoneLeavesEverythingAsItWasAndMendsItself() throws {
        let server = try PostgreSQLServer()
        defer { try? server.stop() }
        var settings = CellMember.Settings()
        settings.lease = 60
        let member = CellMember(
            SlotClaims(of: "one"), serving: Notes(), settings, database: server.database("cell"), clock: SystemClock())
        member.beat()
        let journal = PostgreSQLCorrectionJournal(
            in: server.database("cell"), pipeline: "ink", ownership: member.claims)
        _ = try journal.add(correction(segment: 1), isDoubtful: false)
        try server.stop()
        member.beat()
        #expect(member.figures.slots == Slot.count && member.figures.fault != nil)
        #expect { try journal.add(correction(segment: 2), isDoubtful: false) } throws: { error in
            guard case JournalError.unavailable(let reason) = error else { return false }
            return reason.contains("cannot be reached")
        }
        try server.start()
        // A server that did not answer is asked again after a moment.
        var tries = 0
        while member.figures.fault != nil, tries < 50 {
            tries += 1
            Thread.sleep(forTimeInterval: 0.1)
            member.beat()
        }
        #expect(member.figures.fault == nil && member.figures.slots == Slot.count)
        #expect(try journal.add(correction(segment: 2), isDoubtful: false).number > 1)
        #expect(journal.fault() == nil)
    }
}
