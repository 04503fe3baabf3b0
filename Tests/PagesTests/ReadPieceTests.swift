import DuctusInk
import DuctusPages
import DuctusRecognition
import Testing

@Suite struct ReadPieceTests {
    private func symbol(_ text: String, _ confidence: Float, stroke: Int) -> RecognizedSymbol {
        RecognizedSymbol(
            text: text, confidence: confidence, frames: 0..<1, samples: 2 * stroke..<2 * stroke + 2,
            strokes: stroke..<stroke + 1)
    }

    @Test func wordsHaveTheirStrokesBoxesAndCandidates() throws {
        let strokes = [0, 10, 30].map { Stroke(points: [($0, 0), ($0 + 5, 8)]) }
        let recognition = Recognition(
            text: "an a",
            symbols: [
                symbol("a", 0.9, stroke: 0), symbol("n", 0.7, stroke: 1), symbol(" ", 1, stroke: 2),
                symbol("a", 0.5, stroke: 2),
            ],
            alternatives: [
                .init(text: "an a", score: -1), .init(text: "on a", score: -2), .init(text: "ana", score: -2.5),
            ], frames: 6)
        let piece = ReadPiece(recognition, of: strokes, numbered: [7, 3, 5])
        #expect(piece.strokes == [3, 5, 7])
        #expect(piece.words.map(\.text) == ["an", "a"])
        #expect(piece.words.map(\.strokes) == [[3, 7], [5]])
        #expect(piece.words[0].box == Bounds(minX: 0, minY: 0, maxX: 15, maxY: 8))
        #expect(piece.words[0].candidates.map(\.text) == ["an", "on"])
        #expect(abs(piece.words[0].candidates[0].confidence - 0.731) < 0.01)
        #expect(piece.words[1].candidates.map(\.text) == ["a", "ana"])
        #expect(piece.characters.map(\.box.minX) == [0, 10, 30, 30])
        #expect(piece.alternatives == ["on a", "ana"])
    }

    @Test func nothingReadHasNoWords() {
        let piece = ReadPiece(.nothing, of: [], numbered: [])
        #expect(piece.words.isEmpty && piece.text.isEmpty && piece.confidence == 0)
    }
}
