import Testing

import DuctusKeyboard

@Suite struct EngineSwitchTests {
    @Test func theFormerEngineServesWhileTheDaemonIsAway() {
        var choice = EngineSwitch(own: "ductus", current: "xkb:de::ger", usual: "xkb:us::eng", activates: true)
        #expect(choice.wanted(isServed: false) == nil, "the former one types already")
        #expect(choice.wanted(isServed: true) == "ductus")
        #expect(choice.wanted(isServed: true) == nil, "it is asked for once")
        choice.changed(to: "ductus")
        #expect(choice.atEnd == "xkb:de::ger")
        #expect(choice.wanted(isServed: false) == "xkb:de::ger")
        choice.changed(to: "xkb:de::ger")
        #expect(choice.atEnd == nil)
        #expect(choice.wanted(isServed: true) == "ductus")
    }

    @Test func theUsersChoiceStands() {
        var choice = EngineSwitch(own: "ductus", current: nil, usual: "xkb:us::eng", activates: true)
        _ = choice.wanted(isServed: true)
        choice.changed(to: "ductus")
        choice.changed(to: "anthy")
        #expect(choice.wanted(isServed: true) == nil)
        choice.changed(to: "ductus")
        #expect(choice.atEnd == "anthy")
        #expect(choice.wanted(isServed: false) == "anthy")
    }

    @Test func anEngineThatIBusStartedWaitsToBeChosen() {
        var choice = EngineSwitch(own: "ductus", current: "anthy", usual: "xkb:us::eng", activates: false)
        #expect(choice.wanted(isServed: true) == nil)
        choice.changed(to: "ductus")
        #expect(choice.wanted(isServed: false) == "anthy")
        choice.refused()
        #expect(choice.wanted(isServed: false) == "anthy", "what was refused is asked for again")
    }

    @Test func anUnknownFocusRenewsTheEngineOnce() {
        var choice = EngineSwitch(own: "ductus", current: "xkb:de::ger", usual: "xkb:us::eng", activates: true)
        #expect(choice.wanted(isServed: true) == "ductus")
        choice.focusIsUnknown()
        #expect(choice.wanted(isServed: true) == nil, "IBus has not done yet what was asked")
        choice.changed(to: "ductus")
        #expect(choice.wanted(isServed: true) == "xkb:de::ger")
        choice.changed(to: "xkb:de::ger")
        #expect(choice.wanted(isServed: true) == "ductus")
        choice.focusIsUnknown()
        choice.changed(to: "ductus")
        #expect(choice.wanted(isServed: true) == nil, "it is not asked on and on")
        #expect(choice.atEnd == "xkb:de::ger")
    }
}
