import DuctusDaemon
import DuctusStreaming
import StreamingTestSupport
import Testing

@Suite struct SlotRosterTests {
    private let clock = HandClock()

    @Test func onlyOwnedSlotsAreTakenAndTheirStreamsKnown() throws {
        let (own, other) = (try #require(Slot(1)), try #require(Slot(2)))
        let (desk, door) = (try #require(StreamName("desk")), try #require(StreamName("door")))
        let roster = SlotRoster(limit: 8, clock: clock)
        #expect(!roster.serves(own) && !roster.note(desk, in: own, isHello: true))
        roster.serve([own])
        #expect(roster.serves(own) && !roster.serves(other))
        #expect(roster.note(desk, in: own, isHello: true) && !roster.note(door, in: other, isHello: true))
        #expect(roster.streams(of: [own, other]) == [desk: own])
        #expect(roster.abandon([own]) == [desk])
        #expect(!roster.note(desk, in: own, isHello: true) && roster.streams(of: [own]).isEmpty)
    }

    /// What waited in the network while the slot was another's was read there; its pen greets whoever takes the slot.
    @Test func aSlotThatCameIsReadFromTheHelloOn() throws {
        let slot = try #require(Slot(3))
        let (desk, door) = (try #require(StreamName("desk")), try #require(StreamName("door")))
        let roster = SlotRoster(limit: 8, clock: clock)
        roster.serve([slot])
        #expect(!roster.note(desk, in: slot, isHello: false))
        #expect(roster.note(desk, in: slot, isHello: true) && roster.note(desk, in: slot, isHello: false))
        // It is served already, and nobody is asked to greet again.
        roster.serve([slot])
        #expect(roster.note(desk, in: slot, isHello: false))
        #expect(!roster.note(door, in: slot, isHello: false))
        // It went and came back.
        #expect(roster.abandon([slot]) == [desk])
        roster.serve([slot])
        #expect(!roster.note(desk, in: slot, isHello: false))
        // What comes so late was not held back by an outage.
        clock.advance(seconds: 31)
        #expect(roster.note(desk, in: slot, isHello: false))
    }

    @Test func whatIsRememberedIsBounded() throws {
        let (slot, fresh) = (try #require(Slot(3)), try #require(Slot(4)))
        let roster = SlotRoster(limit: 4, clock: clock)
        roster.serve([slot])
        clock.advance(seconds: 31)
        roster.serve([fresh])
        let late = try #require(StreamName("late"))
        #expect(roster.note(late, in: fresh, isHello: true))
        for number in 0..<40 {
            #expect(roster.note(try #require(StreamName("pen-\(number)")), in: slot, isHello: false))
        }
        #expect(roster.streams(of: [slot]).count <= 4)
        #expect(roster.note(late, in: fresh, isHello: false), "it need not greet again")
    }
}
