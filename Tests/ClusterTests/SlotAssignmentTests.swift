import DuctusCluster
import DuctusStreaming
import Testing

@Suite struct SlotAssignmentTests {
    private func members(_ names: String..., draining: Set<String> = []) -> [CellMemberRecord] {
        names.map { CellMemberRecord(name: $0, isDraining: draining.contains($0), lease: 1) }
    }

    @Test func slotsAreSharedAboutEvenly() {
        let assignment = SlotAssignment(members("a", "b", "c"))
        let counts = Dictionary(grouping: Slot.all) { assignment.owner(of: $0) }.mapValues(\.count)
        #expect(counts.count == 3 && counts.values.allSatisfy { (280...400).contains($0) })
    }

    @Test func onlyTheSlotsOfWhoGoesChangeHands() {
        let before = SlotAssignment(members("a", "b", "c"))
        let after = SlotAssignment(members("a", "b"))
        for slot in Slot.all where before.owner(of: slot) != "c" {
            #expect(before.owner(of: slot) == after.owner(of: slot))
        }
    }

    @Test func whoDrainsGetsNothingAndWishesHoldForTheLiving() throws {
        let slot = try #require(Slot(7))
        #expect(SlotAssignment(members("a", "b", draining: ["a"])).owner(of: slot) == "b")
        #expect(SlotAssignment(members("a", "b"), wishes: [slot: "a"]).owner(of: slot) == "a")
        #expect(SlotAssignment(members("a", "b"), wishes: [slot: "b"]).owner(of: slot) == "b")
        #expect(SlotAssignment(members("a"), wishes: [slot: "b"]).owner(of: slot) == "a")
        #expect(SlotAssignment([]).owner(of: slot) == nil)
    }

    @Test func aSlotIsTenBitsOfTheWriterElseOfTheName() throws {
        #expect(Slot(writer: "anna", stream: "desk") == Slot(writer: "anna", stream: "door"))
        #expect(Slot(writer: nil, stream: "desk") == Slot(of: "desk"))
        #expect(Slot(digits: Array("3ff".utf8))?.number == 1023 && Slot(digits: Array("400".utf8)) == nil)
        #expect(Slot(digits: Array("3FF".utf8)) == nil && Slot(digits: Array("0x1".utf8)) == nil)
        for slot in Slot.all { #expect(Slot(digits: Array(slot.digits.utf8)) == slot) }
        let counts = Dictionary(grouping: (0..<100_000).map { Slot(of: "writer-\($0)") }) { $0 }.mapValues(\.count)
        #expect(counts.count == Slot.count && counts.values.allSatisfy { (50...150).contains($0) })
        // Clients of other languages compute the same.
        #expect(Slot(of: "anna").digits == "330")
    }

    @Test func whatMovesGoesWhenNothingIsOpenOrTheTimeIsOver() throws {
        let (one, two) = (try #require(Slot(1)), try #require(Slot(2)))
        var plan = DrainPlan()
        plan.add([one, two], until: 100)
        #expect(plan.take(busy: [one], now: 0) == [two])
        plan.add([one], until: 500)
        #expect(plan.take(busy: [one], now: 99) == [] && plan.take(busy: [one], now: 100) == [one])
        #expect(plan.isEmpty)
    }
}
