import AdaptationTestSupport
import DuctusAdaptation
import Testing

@Suite struct GateTests {
    @Test func whatReadsHeldOutCorrectionsBetterPasses() {
        #expect(Gate().verdict(on: figures(held: (100, 500), (90, 400))).isPromoted)
        #expect(Gate().verdict(on: figures(held: (100, 500), (100, 499))).isPromoted)
    }

    @Test(arguments: [500.0, 600, .nan, .infinity]) func whatDoesNotIsRejected(nats: Double) {
        #expect(!Gate().verdict(on: figures(held: (100, 500), (90, nats))).isPromoted)
    }

    @Test func moreErrorsAreNotOutweighedByLikelihood() {
        let verdict = Gate().verdict(on: figures(held: (100, 500), (101, 100)))
        guard case .rejected(.heldOutMoreErrors, _) = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    @Test func theCanaryMayBeReadWorseByTheMarginAndNoMore() {
        let gate = Gate(canaryMargin: 0.0025)
        #expect(gate.verdict(on: figures(held: (100, 500), (90, 400), canary: (50, 52))).isPromoted)
        #expect(!gate.verdict(on: figures(held: (100, 500), (90, 400), canary: (50, 53))).isPromoted)
    }

    @Test func theGainMayBeRequired() {
        let gate = Gate(leastGain: 0.1)
        #expect(!gate.verdict(on: figures(held: (100, 500), (90, 460))).isPromoted)
        #expect(gate.verdict(on: figures(held: (100, 500), (90, 440))).isPromoted)
    }

    @Test func nothingHeldOutIsNoReasonToPromote() {
        let nothing = GateFigures(heldOutBefore: ReadingFigures(), heldOutAfter: ReadingFigures())
        #expect(!Gate().verdict(on: nothing).isPromoted)
    }
}
