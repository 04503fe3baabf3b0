import Testing

import DuctusKeyboard

@Suite struct EngineSwitchTests {
    @Test func theFormerEngineServesWhileTheDaemonIsAway() {
        var choice = EngineSwitch(own: "ductus", current: "xkb:de::ger", usual: "xkb:us::eng", activates: true)
        #expect(choice.wanted(isServed: false, at: 0) == nil, "the former one types already")
        #expect(choice.wanted(isServed: true, at: 0) == "ductus")
        #expect(choice.wanted(isServed: true, at: 0) == nil, "it is asked for once")
        choice.changed(to: "ductus")
        #expect(choice.atEnd == "xkb:de::ger")
        #expect(choice.wanted(isServed: false, at: 0) == "xkb:de::ger")
        choice.changed(to: "xkb:de::ger")
        #expect(choice.atEnd == nil)
        #expect(choice.wanted(isServed: true, at: 0) == "ductus")
    }

    @Test func theUsersChoiceStands() {
        var choice = EngineSwitch(own: "ductus", current: nil, usual: "xkb:us::eng", activates: true)
        _ = choice.wanted(isServed: true, at: 0)
        choice.changed(to: "ductus")
        choice.changed(to: "anthy")
        #expect(choice.wanted(isServed: true, at: 0) == nil)
        choice.changed(to: "ductus")
        #expect(choice.atEnd == "anthy")
        #expect(choice.wanted(isServed: false, at: 0) == "anthy")
    }

    @Test func anEngineThatIBusStartedWaitsToBeChosen() {
        var choice = EngineSwitch(own: "ductus", current: "anthy", usual: "xkb:us::eng", activates: false)
        #expect(choice.wanted(isServed: true, at: 0) == nil)
        choice.changed(to: "ductus")
        #expect(choice.wanted(isServed: false, at: 0) == "anthy")
    }

    @Test func whatIsRefusedIsAskedForAgainAfterLongerAndLongerPauses() throws {
        var choice = EngineSwitch(own: "ductus", current: "anthy", usual: "xkb:us::eng", activates: true)
        var now: Int64 = 0
        var pauses: [Int64] = []
        for _ in 0..<12 {
            #expect(choice.wanted(isServed: true, at: now) == "ductus")
            choice.refused(at: now)
            #expect(choice.wanted(isServed: true, at: now) == nil, "not at once")
            let next = try #require(choice.deadline)
            pauses.append(next - now)
            now = next
        }
        #expect(pauses[0] >= 100_000_000)
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(pauses[11] == pauses[10], "it does not grow for ever")
        _ = choice.wanted(isServed: true, at: now)
        choice.changed(to: "ductus")
        #expect(choice.deadline == nil)
        #expect(choice.wanted(isServed: false, at: now) == "anthy", "another engine waits for no pause")
        choice.refused(at: now)
        #expect(choice.deadline == now + pauses[0], "what has worked counts no more")
    }

    @Test func aRefusalOfNothingChangesNothing() {
        var choice = EngineSwitch(own: "ductus", current: "anthy", usual: "xkb:us::eng", activates: true)
        choice.refused(at: 0)
        #expect(choice.deadline == nil)
        #expect(choice.wanted(isServed: true, at: 0) == "ductus")
    }

    @Test func anUnknownFocusRenewsTheEngineOnce() {
        var choice = EngineSwitch(own: "ductus", current: "xkb:de::ger", usual: "xkb:us::eng", activates: true)
        #expect(choice.wanted(isServed: true, at: 0) == "ductus")
        choice.focusIsUnknown()
        #expect(choice.wanted(isServed: true, at: 0) == nil, "IBus has not done yet what was asked")
        choice.changed(to: "ductus")
        #expect(choice.wanted(isServed: true, at: 0) == "xkb:de::ger")
        choice.changed(to: "xkb:de::ger")
        #expect(choice.wanted(isServed: true, at: 0) == "ductus")
        choice.focusIsUnknown()
        choice.changed(to: "ductus")
        #expect(choice.wanted(isServed: true, at: 0) == nil, "it is not asked on and on")
        #expect(choice.atEnd == "xkb:de::ger")
    }
}
