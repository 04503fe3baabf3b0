import Testing

import DuctusKeyboard

@Suite struct FieldTrustTests {
    /// A program that marks no passwords.
    private func mute(believes: Bool = false) throws -> Writing {
        var writing = try Writing(tells: false, isCandid: false, believes: believes)
        writing.now = Writing.second
        return writing
    }

    @Test func withoutAProofNothingIsRead() throws {
        var writing = try mute()
        #expect(!writing.composer.accepts)
        #expect(writing.composer.isUndecided && writing.composer.wantsProof)
        writing.composer.proofIsAsked(at: writing.now)
        #expect(writing.composer.isUndecided && !writing.composer.wantsProof, "it is asked once")
        #expect(writing.partial("secret") == [])
        #expect(writing.final("secret", alternatives: ["other"]) == [])
        writing.composer.advance(to: try #require(writing.composer.proofDeadline))
        #expect(!writing.composer.accepts && !writing.composer.isUndecided, "no answer is one")
        writing.composer.advance(to: writing.now + 60 * Writing.second)
        #expect(writing.composer.wantsProof, "later it is asked again")
    }

    @Test func aKeyIsAProof() throws {
        var writing = try mute()
        writing.composer.keyPassed()
        #expect(writing.composer.accepts)
        // Of this field alone.
        _ = writing.composer.focusOut()
        _ = writing.composer.focusIn(isCandid: false)
        #expect(!writing.composer.accepts && writing.composer.wantsProof)
        #expect(writing.composer.key(Key(symbol: 0xffe1), at: writing.now).isTaken == false)
        #expect(writing.composer.accepts, "what the user presses is one, too")
    }

    @Test func aFieldWithoutAFocusChangeBetweenIsAskedAnew() throws {
        var writing = try mute()
        writing.composer.keyPassed()
        _ = writing.composer.focusIn(isCandid: false)
        #expect(!writing.composer.accepts)
    }

    @Test func whoTellsOfTheFieldIsTrusted() throws {
        var writing = try mute()
        writing.field("text")
        #expect(writing.composer.accepts)
        writing = try mute()
        _ = writing.composer.become(FieldContent(purpose: 5))
        #expect(writing.composer.accepts)
        writing = try mute()
        _ = writing.composer.become(FieldContent(purpose: 8))
        writing.composer.keyPassed()
        #expect(!writing.composer.accepts, "a password stays one")
    }

    @Test func whereNobodyCanAskThePenStaysAway() throws {
        var writing = try mute()
        writing.composer.proofIsAsked(at: writing.now)
        writing.composer.proofIsMissing(at: writing.now)
        #expect(writing.composer.isUndecided, "its program may yet take back that it tells of the field")
        let end = try #require(writing.composer.proofDeadline)
        writing.composer.advance(to: end)
        #expect(!writing.composer.accepts && writing.composer.isDistrusted)
        writing.composer.keyPassed()
        #expect(writing.composer.accepts)
    }

    @Test(arguments: [false, true]) func onWaylandAProgramThatTellsItsTextIsBelieved(isWayland: Bool) throws {
        var writing = try mute(believes: isWayland)
        writing.composer.capabilities(tellsSurroundingText: true)
        writing.composer.proofIsAsked(at: writing.now)
        writing.composer.proofIsMissing(at: writing.now)
        #expect(!writing.composer.accepts)
        writing.composer.advance(to: try #require(writing.composer.proofDeadline))
        #expect(writing.composer.accepts == isWayland)
    }
}
