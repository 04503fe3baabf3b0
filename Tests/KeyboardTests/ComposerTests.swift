import DuctusStreaming
import Testing

import DuctusKeyboard

@Suite struct ComposerTests {
    @Test func aPartialIsShownWithWhatMayChangeUnderlined() throws {
        var writing = try Writing()
        _ = writing.composer.penDown(stroke: 0)
        #expect(writing.partial("hällo", committed: 2) == [.showPreedit("hällo", plain: 2)])
        #expect(writing.final("hällo") == [.hidePreedit, .commit("hällo")])
    }

    @Test func aSpaceStandsBetweenTexts() throws {
        var writing = try Writing()
        #expect(writing.final("one", segment: 1) == [.commit("one")])
        // The field has not told its new text yet.
        #expect(writing.partial("two", segment: 2) == [.showPreedit(" two", plain: 1)])
        #expect(writing.final("two", segment: 2) == [.hidePreedit, .commit(" two")])
        writing.field("one two\n")
        #expect(writing.final("three", segment: 3) == [.commit("three")])
        #expect(writing.final(", four", segment: 4) == [.commit(", four")])
    }

    @Test func positionsAreCodePoints() throws {
        var writing = try Writing()
        writing.field("a👩‍🚀 e\u{301}b", cursor: 4)
        #expect(writing.final("x") == [.commit(" x")], "the cursor stands behind the astronaut's three code points")
        writing.field("𝔸𝔹 cd", cursor: 3)
        #expect(writing.final("x", segment: 2) == [.commit("x")])
    }

    @Test func withoutSurroundingTextItRemembersItsOwn() throws {
        var writing = try Writing(tells: false)
        #expect(writing.final("one", segment: 1) == [.commit("one")])
        #expect(writing.final("two", segment: 2) == [.commit(" two")])
        #expect(writing.composer.key(Key(symbol: 0x61), at: 0).isTaken == false)
        #expect(writing.final("three", segment: 3) == [.commit("three")], "what was typed is not known")
    }

    @Test(arguments: [UInt32(8), 9]) func secretFieldsGetNothing(purpose: UInt32) throws {
        var writing = try Writing(content: FieldContent(purpose: purpose))
        #expect(!writing.composer.accepts)
        #expect(writing.partial("secret") == [])
        #expect(writing.final("secret", alternatives: ["other"]) == [])
        writing.field("secret")
        #expect(writing.composer.gesture(.space, leavesInk: false, at: 0) == [])
        // And nothing of it is told afterwards.
        _ = writing.composer.focusOut()
        _ = writing.composer.focusIn()
        _ = writing.composer.become(FieldContent())
        #expect(writing.composer.penDown(stroke: 1) == [.greet(precedingText: "")])
    }

    @Test func aFieldThatBecomesSecretDropsWhatWasOpen() throws {
        var writing = try Writing()
        _ = writing.composer.penDown(stroke: 0)
        _ = writing.partial("hel")
        #expect(writing.composer.become(FieldContent(purpose: 8)) == [.endSegment, .hidePreedit])
        _ = writing.composer.become(FieldContent())
        #expect(writing.final("hello") == [], "it was written before")
    }

    @Test func whatTheFieldTookOverIsNotCommittedAgain() throws {
        for leave in [{ (composer: inout Composer) in composer.focusOut() }, { $0.reset() }] {
            var writing = try Writing()
            _ = writing.composer.penDown(stroke: 0)
            _ = writing.partial("hel")
            #expect(leave(&writing.composer) == [.endSegment])
            _ = writing.composer.focusIn()
            #expect(writing.final("hello") == [])
            _ = writing.composer.penDown(stroke: 1)
            #expect(writing.final("next", segment: 2, strokes: [1]) == [.commit("next")])
        }
    }

    @Test func aKeyComesBehindWhatWasWritten() throws {
        var writing = try Writing()
        _ = writing.composer.penDown(stroke: 0)
        _ = writing.partial("hel")
        let (isTaken, actions) = writing.composer.key(Key(symbol: 0x61), at: writing.now)
        #expect(!isTaken)
        #expect(actions == [.hidePreedit, .commit("hel"), .endSegment])
        #expect(writing.final("hello") == [])
        #expect(writing.composer.key(Key(symbol: 0xffe1), at: 0).actions == [], "Shift alone does nothing")
    }

    @Test func theTextBeforeIsTold() throws {
        var writing = try Writing()
        writing.field("Dear Ada,")
        #expect(writing.composer.penDown(stroke: 0) == [.greet(precedingText: "Dear Ada, ")])
        #expect(writing.composer.penDown(stroke: 1) == [], "the segment is open")
        _ = writing.final("thank you", strokes: [0, 1])
        #expect(writing.composer.penDown(stroke: 2) == [.greet(precedingText: "Dear Ada, thank you ")])
        _ = writing.composer.become(FieldContent(hints: 1 << 11))
        _ = writing.final("x", segment: 2, strokes: [2])
        #expect(writing.composer.penDown(stroke: 3) == [.greet(precedingText: "")], "private fields tell nothing")
    }

    @Test func theDaemonsDeathLosesNothing() throws {
        var writing = try Writing()
        _ = writing.composer.penDown(stroke: 0)
        _ = writing.partial("hel")
        #expect(
            writing.composer.daemon(isThere: false, at: 0) == [.hidePreedit, .commit("hel"), .endSegment])
        #expect(!writing.composer.accepts)
        _ = writing.composer.daemon(isThere: true, at: 0)
        _ = writing.composer.penDown(stroke: 1)
        #expect(writing.final("lo", segment: 2, strokes: [1]) == [.commit(" lo")])
    }

    @Test func otherPensAreTyped() throws {
        var writing = try Writing()
        let phone = try #require(StreamName("phone"))
        #expect(
            writing.composer.label(writing.event(.final, "hi", segment: 9, strokes: [5], on: phone), at: 0)
                == [.commit("hi")])
        _ = writing.composer.label(writing.event(.partial, "yo", segment: 10, strokes: [6], on: phone), at: 0)
        _ = writing.composer.reset()
        #expect(
            writing.composer.label(writing.event(.final, "you", segment: 10, strokes: [6], on: phone), at: 0) == [])
    }

    @Test func addressesGetNoSpaces() throws {
        var writing = try Writing(content: FieldContent(purpose: 6))
        _ = writing.final("ada")
        #expect(writing.final("@host", segment: 2) == [.commit("@host")])
        #expect(writing.final("org", segment: 3) == [.commit("org")])
    }
}

@Suite struct ChoiceTests {
    @Test func anotherReadingReplacesTheTextAndCorrects() throws {
        var writing = try Writing()
        #expect(
            writing.final("hat", alternatives: ["hot", "hat", "hut"])
                == [.commit("hat"), .showChoices(["hat", "hot", "hut"])])
        writing.field("hat")
        #expect(
            writing.composer.choose(1, at: writing.now) == [
                .hideChoices, .deleteBefore(3), .commit("hot"),
                .correct(.init(stream: writing.stream, segment: 1, text: "hot")),
            ])
    }

    @Test func altAndADigitChoose() throws {
        var writing = try Writing()
        _ = writing.final("hat", alternatives: ["hot"])
        #expect(writing.composer.key(Key(symbol: 0x33, state: Key.alt), at: 0).isTaken == false, "there is no third")
        _ = writing.final("hat", segment: 2, alternatives: ["hot"])
        let (isTaken, actions) = writing.composer.key(Key(symbol: 0x32, state: Key.alt), at: 0)
        #expect(isTaken)
        #expect(actions.contains(.commit("hot")))
        let (plain, _) = writing.composer.key(Key(symbol: 0x32), at: 0)
        #expect(!plain, "a digit alone is typed")
    }

    @Test func nothingIsReplacedWhereTheTextIsNotThereAnyMore() throws {
        var writing = try Writing()
        _ = writing.final("hat", alternatives: ["hot"])
        writing.field("something else")
        #expect(writing.composer.choose(1, at: writing.now) == [])
    }

    @Test func withoutSurroundingTextItIsDeletedByKeys() throws {
        var writing = try Writing(tells: false)
        _ = writing.final("e\u{301}t", alternatives: ["et"])
        #expect(
            writing.composer.choose(1, at: 0).filter { $0 == .press(.backspace) }.count == 3, "code points are counted")
    }

    @Test func privateFieldsAreNotLearnedFrom() throws {
        var writing = try Writing(content: FieldContent(hints: 1 << 11))
        _ = writing.final("hat", alternatives: ["hot"])
        writing.field("hat")
        #expect(writing.composer.choose(1, at: writing.now) == [.hideChoices, .deleteBefore(3), .commit("hot")])
    }
}

@Suite struct RewritingTests {
    private func corrections(_ actions: [ComposingAction]) -> [ComposingAction.Correction] {
        actions.compactMap { if case .correct(let correction) = $0 { correction } else { nil } }
    }

    @Test func deletedAndWrittenAgain() throws {
        var writing = try Writing()
        _ = writing.final("hello wurld")
        writing.field("hello wurld")
        writing.field("hello ")
        let actions = writing.final("world", segment: 2)
        #expect(corrections(actions) == [.init(stream: writing.stream, segment: 1, text: "hello world")])
        #expect(actions.contains(.commit("world")))
    }

    @Test func aPartOfAWordWrittenAgainStaysOneWord() throws {
        var writing = try Writing()
        _ = writing.final("hello wurld")
        writing.field("hello w")
        let actions = writing.final("orld", segment: 2)
        #expect(actions.contains(.commit("orld")))
        #expect(corrections(actions).map(\.text) == ["hello world"])
    }

    @Test func byBackspaceWhereTheFieldTellsNothing() throws {
        var writing = try Writing(tells: false)
        _ = writing.final("cat")
        for _ in 0..<3 { _ = writing.composer.key(.backspace, at: 0) }
        #expect(corrections(writing.final("cut", segment: 2)).map(\.text) == ["cut"])
    }

    @Test func byTheGesture() throws {
        var writing = try Writing()
        _ = writing.final("hello wurld")
        #expect(writing.composer.gesture(.deleteWord, leavesInk: false, at: writing.now).contains(.deleteBefore(5)))
        #expect(corrections(writing.final("world", segment: 2)).map(\.text) == ["hello world"])
    }

    @Test func anotherThoughtIsNoCorrection() throws {
        for (later, text) in [(Int64(1), "elephant"), (1, "hat"), (60, "hut")] {
            var writing = try Writing()
            _ = writing.final("hat")
            writing.field("")
            writing.now += later * Writing.second
            #expect(corrections(writing.final(text, segment: 2)).isEmpty, "\(text)")
        }
    }

    @Test func byKeysInAFieldThatTellsLate() throws {
        // As fields of GTK do: each key's text is that before it, and that of fast keys older still.
        var writing = try Writing()
        _ = writing.final("hello wall")
        writing.field("hello wall")
        for told in ["hello wall", "hello wal", "hello wal", "hello wa"] {
            writing.late(told)
            _ = writing.composer.key(.backspace, at: writing.now)
        }
        let actions = writing.final("ball", segment: 2)
        #expect(corrections(actions).map(\.text) == ["hello ball"])
        #expect(actions.contains(.commit("ball")), "the space still stands there")
    }

    @Test func aSelectionIsDeletedWhole() throws {
        var writing = try Writing()
        writing.field("one two three", cursor: 4, anchor: 8)
        _ = writing.composer.key(.backspace, at: writing.now)
        #expect(writing.final("x") == [.commit("x")], "behind the space that stood before it")
    }
}

@Suite struct EditTests {
    @Test func aGestureTakesItsOwnPreviewAway() throws {
        var writing = try Writing()
        writing.field("one two")
        _ = writing.composer.penDown(stroke: 0)
        _ = writing.partial("-")
        #expect(
            writing.composer.gesture(.deleteWord, leavesInk: false, at: writing.now)
                == [.hidePreedit, .endSegment, .deleteBefore(3)])
    }

    @Test func editsWaitForTheFinal() throws {
        var writing = try Writing()
        _ = writing.composer.penDown(stroke: 0)
        _ = writing.partial("hello wor")
        _ = writing.composer.penDown(stroke: 1)
        #expect(writing.composer.gesture(.deleteWord, leavesInk: true, at: 0) == [.endSegment])
        #expect(writing.final("hello world") == [.hidePreedit, .commit("hello ")])
        _ = writing.composer.penDown(stroke: 2)
        #expect(writing.composer.gesture(.enter, leavesInk: true, at: 0) == [.endSegment])
        #expect(writing.final("again", segment: 2, strokes: [2]) == [.commit("again"), .press(.enter)])
    }

    @Test func editsWithoutInkHappenAtOnce() throws {
        var writing = try Writing()
        writing.field("one two")
        #expect(writing.composer.gesture(.space, leavesInk: false, at: writing.now) == [.commit(" ")])
        #expect(writing.composer.gesture(.deleteWord, leavesInk: false, at: writing.now) == [.deleteBefore(4)])
        #expect(writing.composer.gesture(.enter, leavesInk: false, at: writing.now) == [.press(.enter)])
        #expect(writing.composer.gesture(.deleteCharacter, leavesInk: false, at: writing.now) == [.deleteBefore(1)])
    }
}
