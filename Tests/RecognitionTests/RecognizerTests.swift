import DuctusInk
import DuctusRecognition
import Testing

@Suite struct RecognizerTests {
    @Test(arguments: Recognizer.Decoding.allCases)
    func symbolsSpellTheTextAndCoverTheInkInOrder(decoding: Recognizer.Decoding) throws {
        let recognizer = Recognizer(model: try tinyModel(), decoding: decoding)
        for seed in 0..<20 as Range<UInt64> {
            let ink = scribble(strokes: 6, seed: seed)
            let recognized = try recognizer.recognize(ink)
            #expect(recognized.symbols.map(\.text).joined() == recognized.text)
            #expect(recognized.alternatives.first?.text == recognized.text)
            var end = 0
            for symbol in recognized.symbols {
                #expect(symbol.samples.lowerBound >= 0 && symbol.samples.upperBound <= 240)
                #expect(symbol.strokes.lowerBound >= 0 && symbol.strokes.upperBound <= 6)
                #expect(symbol.samples.upperBound >= end, "labels follow the ink")
                #expect((0...1).contains(symbol.confidence))
                end = symbol.samples.upperBound
            }
            if !recognized.symbols.isEmpty { #expect(end == 240, "the last symbol owns the ink up to the end") }
        }
    }

    @Test func whatWasReadBeforeChangesNothing() throws {
        let model = try tinyModel()
        let used = Recognizer(model: model)
        for seed in 10..<20 as Range<UInt64> {
            _ = try used.recognize(scribble(strokes: Int(seed) % 5 + 1, seed: seed))
        }
        let ink = scribble(strokes: 4, seed: 99)
        #expect(try used.recognize(ink) == Recognizer(model: model).recognize(ink))
    }

    @Test func noInkSaysNothing() throws {
        let recognizer = Recognizer(model: try tinyModel())
        #expect(try recognizer.recognize([]) == .nothing)
        #expect(try recognizer.recognize([Stroke()]) == .nothing)
        #expect(try recognizer.recognize([Stroke([Sample(x: .nan, y: 1)])]) == .nothing)
    }

    @Test func aDotIsRead() throws {
        let recognized = try Recognizer(model: tinyModel()).recognize([Stroke([Sample(x: 5, y: 5)])])
        #expect(recognized.frames == 1)
    }
}
