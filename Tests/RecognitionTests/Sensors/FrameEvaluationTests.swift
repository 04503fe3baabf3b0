import DuctusDecoding
import DuctusRecognition
import Testing

@Suite struct FrameEvaluationTests {
    private func labels(_ classes: [Int], confidence: Float = 1) -> [FrameLabel] {
        classes.map { FrameLabel(label: $0, confidence: confidence) }
    }

    @Test func framesWithoutALabelCountForNothing() {
        var evaluation = FrameEvaluation(names: ["a", "b"])
        evaluation.add(reference: [0, -1, 1, -1, 1], recognized: labels([0, 1, 1, 0, 0]))
        #expect(evaluation.frames == 3)
        #expect(evaluation.accuracy == 2.0 / 3)
        #expect(evaluation.confusion == [1, 0, 1, 1])
    }

    @Test func macroF1WeighsRareLabelsAsMuchAsFrequentOnes() {
        var evaluation = FrameEvaluation(names: ["a", "b", "never"])
        evaluation.add(reference: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1], recognized: labels([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]))
        #expect(evaluation.accuracy == 0.9)
        #expect(abs(evaluation.macroF1 - (16.0 / 17 + 2.0 / 3) / 2) < 1e-12)
    }

    @Test func segmentErrorSeesOrderNotLength() {
        var evaluation = FrameEvaluation(names: ["a", "b", "c"])
        evaluation.add(reference: [0, 0, 0, 1, 1, 1], recognized: labels([0, 1, 1, 1, 1, 1]))
        #expect(evaluation.segmentError == 0)
        evaluation.add(reference: [0, 0, 0, 1, 1, 1], recognized: labels([0, 2, 0, 1, 1, 1]))
        // Two inserted, of four.
        #expect(evaluation.segmentError == 0.5)
    }

    @Test func confidencesAreComparedWithWhatIsRight() {
        var evaluation = FrameEvaluation(names: ["a", "b"])
        evaluation.add(reference: [0, -1, 0, 0, 1], recognized: labels([0, 1, 0, 0, 0], confidence: 0.75))
        #expect(evaluation.isCorrect == [true, true, true, false])
        #expect(abs(evaluation.ece) < 1e-6)
        evaluation.add(reference: [1], recognized: labels([0], confidence: 1))
        #expect(abs(evaluation.ece - 0.2) < 1e-6)
    }

    @Test func nothingIsNoDivisionByZero() {
        let evaluation = FrameEvaluation(names: ["a"])
        #expect(evaluation.accuracy == 0 && evaluation.macroF1 == 0 && evaluation.segmentError == 0)
    }
}
