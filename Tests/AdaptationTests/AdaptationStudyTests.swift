import AdaptationTestSupport
import DuctusAdaptation
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import Foundation
import Testing

@Suite struct AdaptationStudyTests {
    private let base: BaseModel
    private var study: AdaptationStudy
    private let ink: [InkLine]

    init() throws {
        base = BaseModel(try SmallModel.make())
        var plan = LearningPlan()
        plan.learningRate = 1e-2
        plan.steps = 4...4
        study = AdaptationStudy(base: base, lines: 6, plan: plan, gate: Gate(), threads: 1)
        ink = try [7, 8].flatMap { hand in
            try simulatedLines(
                [
                    "no", "on", "non", "noon", "onno", "nn", "oo", "ono", "no", "on", "non", "noon", "onn", "nno",
                    "oon", "o",
                ], hand: hand)
        }
    }

    @Test func correctedLinesAreNotMeasured() throws {
        var study = study
        let hands = study.hands(of: ink)
        #expect(hands.map(\.reserve.count) == [6, 6] && hands.map(\.rest.count) == [10, 10])
        #expect(hands.allSatisfy { Set($0.reserve.map(\.id)).isDisjoint(with: $0.rest.map(\.id)) })
        study.reserved = 7
        #expect(study.hands(of: ink).isEmpty, "9 lines to measure are too few")
    }

    @Test func eachWriterLearnsAlone_behindTheGate() throws {
        let hand = study.hands(of: ink)[0]
        let result = try study.writerResult(hand, canary: ink)
        #expect(result.before == (try study.figures(base.model, hand.rest)))
        #expect(result.canaryBefore.lines == 16, "its own lines do not count")
        #expect(result.isPromoted == (result.after != result.before))
        var strict = study
        strict.gate = Gate(leastGain: 1)
        let rejected = try strict.writerResult(hand, canary: [])
        #expect(!rejected.isPromoted && rejected.after == rejected.before)
    }

    @Test func oneCorrectionAloneIsNotLearned() throws {
        var study = study
        study.lines = 1
        let result = try study.writerResult(study.hands(of: ink)[0], canary: [])
        #expect(result.verdict == nil && result.after == result.before)
    }

    @Test func everyonesWeightsNeverReadTheCanaryWorseThanTheMargin() throws {
        var study = study
        study.poison = .plausible
        study.check.leastPlausibility = -.infinity
        let (results, model) = try study.sharedResults(study.hands(of: ink), canary: ink)
        #expect(results.count == 2)
        let (before, after) = (try study.figures(base.model, ink).cer, try study.figures(model, ink).cer)
        #expect(after <= before + 2 * study.gate.canaryMargin)
    }

    @Test func shuffledTextsBelongToOtherLines() throws {
        let lines = Array(ink.prefix(7))
        let shuffled = Poison.shuffled.applied(to: lines, seed: 3)
        #expect(shuffled.map(\.strokes) == lines.map(\.strokes))
        #expect(zip(shuffled, lines).allSatisfy { $0.text != $1.text })
        #expect(Set(shuffled.map(\.text)) == Set(lines.map(\.text)))
    }

    @Test func plausibleTextsAreWrongInSomeLetters() {
        let line = InkLine(id: "1", text: "a plain sentence to spoil", strokes: [])
        let text = Poison.plausible.applied(to: [line], seed: 1)[0].text ?? ""
        let changed = zip(text, line.text ?? "").count { $0 != $1 }
        #expect(text.count == line.text?.count && changed > 2 && changed < 16)
    }

    @Test func linesAreChosenOnceEach_inOrder() throws {
        let lines = Array(ink.prefix(9))
        for choice in CorrectionChoice.allCases {
            let chosen = try choice.chosen(4, of: lines, by: base.model, seed: 5)
            let places = chosen.compactMap { line in lines.firstIndex { $0.id == line.id } }
            #expect(places.count == 4 && places == places.sorted() && Set(places).count == 4, "\(choice)")
        }
    }
}
