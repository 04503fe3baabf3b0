import DuctusStreaming
import Testing

@Suite struct WindowRuleTests {
    @Test func chunksNeverReachIntoTheLookahead() {
        for chunk in [1, 7, 32] {
            for lookahead in [0, 16, 64] {
                let rule = WindowRule(chunk: chunk, lookahead: lookahead, maximum: 128)
                for pending in 0...400 {
                    let plan = rule.plan(pending: pending)
                    #expect(plan.frames == min(pending, max(128, chunk + lookahead)))
                    #expect(plan.chunk % chunk == 0)
                    #expect(plan.chunk <= max(0, plan.frames - lookahead))
                    // Whoever has more than a window pending gets on.
                    #expect(pending < chunk + lookahead || plan.chunk > 0)
                }
            }
        }
    }

    @Test func aSteadyChunkSeesExactlyItsLookahead() {
        let rule = WindowRule(chunk: 5, lookahead: 10, maximum: 512)
        for pending in 0..<15 { #expect(rule.steadyPlan(pending: pending) == (pending, 0)) }
        for pending in [15, 16, 20, 700] { #expect(rule.steadyPlan(pending: pending) == (15, 5)) }
    }

    @Test func convolutionsTakeTheirShareOfTheLookahead() {
        #expect(WindowRule(lookahead: 10).reduced(by: 6).lookahead == 4)
        #expect(WindowRule(lookahead: 10).reduced(by: 12).lookahead == 0)
    }
}

@Suite struct StreamNameTests {
    @Test func onlySafeNamesOfUpTo64CharactersAreNames() {
        #expect(StreamName("desk-3_A") != nil)
        #expect(StreamName(String(repeating: "a", count: 64)) != nil)
        for bad in ["", " ", "a b", "a/b", "a.b", "ä", "a\n", String(repeating: "a", count: 65)] {
            #expect(StreamName(bad) == nil)
        }
    }

    @Test func laneOfAStreamIsTheSameInEveryRun() {
        #expect(StreamName("pen-1")?.stableHash == StreamName("pen-1")?.stableHash)
        #expect(StreamName("a")?.stableHash == 0xaf63_dc4c_8601_ec8c)
    }
}
