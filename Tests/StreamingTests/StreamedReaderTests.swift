import DuctusInk
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

@Suite struct StreamedReaderTests {
    @Test func withAllTheLookaheadThePartialAtRestIsTheExactReadingOfItsFeatures() throws {
        let model = try TinyModel.make(seed: 4)
        let reader = StreamedReader(model: model, window: WindowRule(lookahead: 4000, maximum: 8000))
        var pen = ScribblingPen(seed: 8)
        _ = pen.letters(10)
        let exact = try Recognizer(model: model, decoding: .beam).recognize(pen.strokes).text
        let streamed = reader.read(pen.strokes)
        // The scale is frozen within 15 %, so the readings are near, not equal.
        let partial = streamed.partial.text
        #expect(!partial.isEmpty && EditDistance.between(Array(exact), Array(partial)) < exact.count)
        #expect(streamed.final == exact)
        #expect(partial.hasPrefix(streamed.committed))
    }

    @Test func readingDoesNotDependOnWhatWasReadBefore() throws {
        let model = try TinyModel.make(seed: 4)
        var pen = ScribblingPen(seed: 9), other = ScribblingPen(seed: 10)
        _ = (pen.letters(9), other.letters(7))
        let alone = StreamedReader(model: model).read(pen.strokes).partial.text
        let reader = StreamedReader(model: model)
        _ = reader.read(pen.strokes)
        _ = reader.read(other.strokes)
        #expect(reader.read(pen.strokes).partial.text == alone)
    }

    @Test func finalThatDoesNotBeginWithThePromiseContradictsIt() throws {
        var reading = StreamedReader(model: try TinyModel.make()).read([])
        for (committed, final, isContradicted) in [
            ("", "", false), ("the p", "the pen", false), ("the b", "the pen", true), ("the pens", "the pen", true),
        ] {
            (reading.committed, reading.final) = (committed, final)
            #expect(reading.isContradicted == isContradicted)
        }
    }
}
