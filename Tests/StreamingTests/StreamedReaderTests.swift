import Ink
import Recognition
import Streaming
import StreamingTestSupport
import Testing

@Suite struct StreamedReaderTests {
    @Test func withAllTheLookaheadThePartialAtRestIsTheExactReadingOfItsFeatures() throws {
        let model = try TinyModel.make(seed: 4)
        let reader = StreamedReader(model: model, window: WindowRule(lookahead: 4000, maximum: 8000))
        var pen = ScribblingPen(seed: 8)
        _ = pen.letters(10)
        let exact = try Recognizer(model: model, decoding: .beam).recognize(pen.strokes).text
        let streamed = reader.lastPartial(of: pen.strokes)
        // The scale is frozen within 15 %, so the readings are near, not equal.
        #expect(!streamed.isEmpty && EditDistance.between(Array(exact), Array(streamed)) < exact.count)
    }

    @Test func readingDoesNotDependOnWhatWasReadBefore() throws {
        let model = try TinyModel.make(seed: 4)
        var pen = ScribblingPen(seed: 9), other = ScribblingPen(seed: 10)
        _ = (pen.letters(9), other.letters(7))
        let alone = StreamedReader(model: model).lastPartial(of: pen.strokes)
        let reader = StreamedReader(model: model)
        _ = reader.lastPartial(of: pen.strokes)
        _ = reader.lastPartial(of: other.strokes)
        #expect(reader.lastPartial(of: pen.strokes) == alone)
    }
}
