import DuctusDecoding
import DuctusRecognition
import Testing

@Suite struct CalibrationsTests {
    /// What was read of so many lines, each symbol with the raw confidence 0.9: of the first `right` lines all symbols are right.
    private func evaluation(of text: String, lines: Int, right: Int) -> Evaluation {
        var evaluation = Evaluation()
        for line in 0..<lines {
            let symbols = text.map {
                RecognizedSymbol(text: String($0), confidence: 0.9, frames: 0..<1, samples: 0..<1, strokes: 0..<1)
            }
            let reference = line < right ? text : String(text.map { $0 == " " ? "_" : "#" })
            evaluation.add(
                reference: reference,
                recognized: Recognition(text: text, symbols: symbols, alternatives: [], frames: 1))
        }
        return evaluation
    }

    private func confidence(_ text: String, by model: Model) throws -> Float {
        let symbols = try model.alphabet.encode(text).map { ReadSymbol(label: $0, frames: 0..<1, confidence: 0.9) }
        let read = model.calibrated(Hypothesis(symbols: symbols, score: 0, ctcLogProbability: 0), from: .beam)
        return try #require(read.symbols.first).confidence
    }

    /// The same raw confidence means less where a symbol stands by itself.
    @Test func eachExtentHasItsOwnMap() throws {
        var all = evaluation(of: "a", lines: 500, right: 250)
        all.add(evaluation(of: "word", lines: 200, right: 150))
        all.add(evaluation(of: "a line", lines: 200, right: 190))
        var calibrations = Calibrations()
        calibrations.fit(.beam, to: all)
        let model = try tinyModel().with(calibration: calibrations)
        #expect(abs(try confidence("a", by: model) - 0.5) < 0.01)
        #expect(abs(try confidence("bab", by: model) - 0.75) < 0.01)
        #expect(abs(try confidence("a b", by: model) - 0.95) < 0.01)
        // The other decoding was not fitted.
        #expect(model.calibration[.bestPath] == nil)
    }

    /// Few symbols tell too little: the map of all readings serves.
    @Test func anExtentThatWasSeldomReadHasTheMapOfAll() throws {
        var all = evaluation(of: "a", lines: 20, right: 0)
        all.add(evaluation(of: "a line", lines: 200, right: 200))
        var calibrations = Calibrations()
        calibrations.fit(.beam, to: all)
        let model = try tinyModel().with(calibration: calibrations)
        #expect(try confidence("a", by: model) > 0.9)
    }
}
