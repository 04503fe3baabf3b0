import DuctusDaemon
import DuctusStreaming
import Testing

@Suite struct SlotRosterTests {
    @Test func onlyOwnedSlotsAreTakenAndTheirStreamsKnown() throws {
        let (own, other) = (try #require(Slot(1)), try #require(Slot(2)))
        let (desk, door) = (try #require(StreamName("desk")), try #require(StreamName("door")))
        let roster = SlotRoster(limit: 8)
        #expect(!roster.note(desk, in: own))
        roster.serve([own])
        #expect(roster.note(desk, in: own) && !roster.note(door, in: other))
        #expect(roster.streams(of: [own, other]) == [desk: own])
        #expect(roster.abandon([own]) == [desk])
        #expect(!roster.note(desk, in: own) && roster.streams(of: [own]).isEmpty)
    }

    @Test func whatIsRememberedIsBounded() throws {
        let slot = try #require(Slot(3))
        let roster = SlotRoster(limit: 4)
        roster.serve([slot])
        for number in 0..<40 { #expect(roster.note(try #require(StreamName("pen-\(number)")), in: slot)) }
        #expect(roster.streams(of: [slot]).count <= 4)
    }
}
