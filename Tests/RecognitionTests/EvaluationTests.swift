import DuctusInk
import DuctusRecognition
import Testing

@Suite struct EvaluationTests {
    private func recognition(_ text: String, confidence: Float = 0.8) -> Recognition {
        Recognition(
            text: text,
            symbols: text.map {
                RecognizedSymbol(
                    text: String($0), confidence: confidence, frames: 0..<1, samples: 0..<1, strokes: 0..<1)
            },
            alternatives: [.init(text: text, score: 0)], frames: 10)
    }

    @Test func countsCharactersAndWords() {
        var evaluation = Evaluation()
        evaluation.add(reference: "the cat sat", recognized: recognition("the cut sat"), group: "a")
        evaluation.add(reference: "on it", recognized: recognition("onit"), group: "b")
        #expect(evaluation.lines == 2)
        #expect(evaluation.characters == 16)
        #expect(evaluation.words == 5)
        #expect(evaluation.cer == 2.0 / 16)
        #expect(evaluation.wer == 3.0 / 5)
        #expect(evaluation.frames == 20)
        #expect(evaluation.groups["a"]?.edits == 1)
        #expect(evaluation.confusions[.init(reference: "a", recognized: "u")] == 1)
        #expect(evaluation.confusions[.init(reference: " ", recognized: "")] == 1)
    }

    @Test func calibrationErrorIsTheGapBetweenConfidenceAndTruth() {
        var evaluation = Evaluation()
        // Ten symbols at 0.8, of which seven are right.
        evaluation.add(reference: "aaaaaaabbb", recognized: recognition("aaaaaaaccc"))
        #expect(abs(evaluation.ece - 0.1) < 1e-6)
    }

    @Test func insertionsCountAndScoreAsWrong() {
        var evaluation = Evaluation()
        evaluation.add(reference: "ab", recognized: recognition("axb"))
        #expect(evaluation.characterEdits == 1)
        #expect(evaluation.isCorrect == [true, false, true])
    }

    @Test func partsAddUpToTheWhole() {
        var (first, second, whole) = (Evaluation(), Evaluation(), Evaluation())
        first.add(reference: "abc", recognized: recognition("abd"), group: "w")
        second.add(reference: "x y", recognized: recognition("x z"), group: "w")
        whole.add(reference: "abc", recognized: recognition("abd"), group: "w")
        whole.add(reference: "x y", recognized: recognition("x z"), group: "w")
        first.add(second)
        #expect(first.cer == whole.cer && first.wer == whole.wer)
        #expect(first.groups["w"]?.lines == 2)
    }

    @Test func threadsChangeNothing() throws {
        let model = try tinyModel()
        let lines = (0..<12).map { InkLine(id: "\($0)", text: "ab a", strokes: scribble(strokes: 3, seed: $0)) }
        let one = try Evaluation.run(model, on: lines, decoding: .bestPath, threads: 1)
        let four = try Evaluation.run(model, on: lines, decoding: .bestPath, threads: 4)
        #expect(one.characterEdits == four.characterEdits)
        #expect(one.confidences == four.confidences)
        #expect(one.lines == 12)
    }
}
