import DuctusAdaptation
import DuctusStreaming
import StreamingTestSupport
import Testing

@Suite struct ReviewRuleTests {
    @Test func oneInTen_theLeastSure_isSuggested() {
        var rule = ReviewRule(memory: 100, share: 0.1)
        for _ in 0..<100 { _ = rule.takes(0.8) }
        var taken: [Float] = []
        for index in 0..<100 {
            let confidence = Float((index * 37) % 100) / 100
            if rule.takes(confidence) { taken.append(confidence) }
        }
        #expect(!taken.isEmpty && taken.count < 40)
        #expect(taken.allSatisfy { $0 < 0.8 })
        #expect(taken.contains(0))
    }

    @Test func whatIsSure_isNeverSuggested() {
        var rule = ReviewRule()
        #expect((0..<50).allSatisfy { _ in !rule.takes(1) })
    }

    @Test func confidenceIsThatOfAllSymbolsTogether() {
        func event(_ confidences: [Float]) -> LabelEvent {
            LabelEvent(
                stream: .named("desk"), epoch: 1, number: 1, segment: 1, state: .final, text: "", committed: 0,
                symbols: confidences.map { .init(text: "a", confidence: $0, samples: 0..<1, strokes: 0..<1) },
                generation: .init(number: 0), sampleCount: 0, stamps: .init(arrived: 0, decided: 0, published: 0))
        }
        #expect(ReviewRule.confidence(of: event([0.5, 0.5])) == 0.25)
        #expect(ReviewRule.confidence(of: event([])) == 1)
    }
}
