import DuctusInk
import DuctusRecognition
import Foundation

extension ReadPiece {
    /// A line of text that was recognized.
    ///
    /// - Parameters:
    ///   - strokes: in the order in which they were recognized.
    ///   - numbers: the strokes' indexes on the page.
    ///   - separator: the text between words, as the model's script has it.
    public init(
        _ recognition: Recognition, of strokes: [Stroke], numbered numbers: [Int], separator: String = " "
    ) {
        let count = Float(max(1, recognition.symbols.count))
        let ink = LineInk(recognition: recognition, strokes: strokes, numbers: numbers)
        self.init(
            kind: .text, text: recognition.text,
            confidence: recognition.symbols.reduce(0) { $0 + $1.confidence } / count, strokes: numbers.sorted(),
            box: Bounds(around: strokes) ?? Bounds(minX: 0, minY: 0, maxX: 0, maxY: 0),
            words: ink.words(separator: separator),
            alternatives: recognition.alternatives.map(\.text).filter { $0 != recognition.text })
        characters = ink.characters()
    }
}

/// Finds the ink of a recognized line's words and characters.
private struct LineInk {
    let recognition: Recognition
    /// The line's strokes in the order in which they were read.
    let strokes: [Stroke]
    /// The indexes of these strokes on the page.
    let numbers: [Int]
    private let samples: [Sample]

    init(recognition: Recognition, strokes: [Stroke], numbers: [Int]) {
        (self.recognition, self.strokes, self.numbers) = (recognition, strokes, numbers)
        samples = strokes.flatMap(\.samples)
    }

    /// The words, left to right, with strokes, boxes and candidates.
    func words(separator: String) -> [ReadWord] {
        recognition.lineWords(separator: separator).compactMap { word in
            let symbols = recognition.symbols[word.symbols]
            guard let box = box(of: symbols) else { return nil }
            return ReadWord(
                text: word.text, confidence: word.confidence,
                strokes: members(of: symbols).map { numbers[$0] }.sorted(),
                box: box, candidates: word.candidates.map { .init(text: $0.text, confidence: $0.confidence) })
        }
    }

    /// The symbols with the boxes of their samples. A space has an empty box.
    func characters() -> [ReadCharacter] {
        recognition.symbols.indices.map { index in
            ReadCharacter(
                text: recognition.symbols[index].text,
                box: box(of: recognition.symbols[index...index]) ?? Bounds(minX: 0, minY: 0, maxX: 0, maxY: 0))
        }
    }

    /// The strokes from the first symbol's to the last one's.
    private func members(of symbols: ArraySlice<RecognizedSymbol>) -> Range<Int> {
        guard let first = symbols.first?.strokes.lowerBound, let end = symbols.last?.strokes.upperBound else {
            return 0..<0
        }
        return (first..<max(first, end)).clamped(to: strokes.indices)
    }

    /// The box of the symbols' samples. A stroke that runs on into the next word counts in part.
    private func box(of symbols: ArraySlice<RecognizedSymbol>) -> Bounds? {
        let members = members(of: symbols)
        guard !members.isEmpty, let first = symbols.first?.samples.lowerBound,
            let end = symbols.map(\.samples.upperBound).max()
        else { return nil }
        let own = (first..<max(end, first + 1)).clamped(to: samples.indices)
        return Stroke(Array(samples[own])).bounds ?? Bounds(around: strokes[members])
    }
}
