import DuctusInk
import DuctusRecognition
import Foundation

extension ReadPiece {
    /// A line of text that was recognized.
    ///
    /// - Parameters:
    ///   - strokes: in the order in which they were recognized.
    ///   - numbers: the strokes' indexes on the page.
    public init(_ recognition: Recognition, of strokes: [Stroke], numbered numbers: [Int]) {
        let count = Float(max(1, recognition.symbols.count))
        let words = LineWords(recognition: recognition, strokes: strokes, indexes: numbers)
        self.init(
            kind: .text, text: recognition.text,
            confidence: recognition.symbols.reduce(0) { $0 + $1.confidence } / count, strokes: numbers.sorted(),
            box: Bounds(around: strokes) ?? Bounds(minX: 0, minY: 0, maxX: 0, maxY: 0),
            words: words.words(), alternatives: recognition.alternatives.map(\.text).filter { $0 != recognition.text })
        characters = words.characters()
    }
}

/// Divides a recognized line into its words, with the strokes, boxes and other readings of each.
struct LineWords {
    let recognition: Recognition
    /// The line's strokes in the order in which they were read, and their indexes on the page.
    let strokes: [Stroke]
    let indexes: [Int]

    /// The words, left to right.
    func words() -> [ReadWord] {
        var words: [ReadWord] = []
        var symbols: [RecognizedSymbol] = []
        func close() {
            guard let first = symbols.first, let last = symbols.last else { return }
            let range = min(first.strokes.lowerBound, strokes.count)..<min(last.strokes.upperBound, strokes.count)
            let members = range.isEmpty ? [] : Array(range)
            let confidence = symbols.reduce(0) { $0 + $1.confidence } / Float(symbols.count)
            if let box = box(of: symbols, members) {
                words.append(
                    ReadWord(
                        text: symbols.map(\.text).joined(), confidence: confidence,
                        strokes: members.map { indexes[$0] }.sorted(), box: box))
            }
            symbols = []
        }
        for symbol in recognition.symbols {
            if symbol.text == " " { close() } else { symbols.append(symbol) }
        }
        close()
        for at in words.indices { words[at].candidates = candidates(at, of: words) }
        return words
    }

    /// The symbols with the boxes of their samples; a space, which has none, has an empty box.
    func characters() -> [ReadCharacter] {
        recognition.symbols.map { symbol in
            let members = Array(symbol.strokes.clamped(to: strokes.indices))
            let nowhere = Bounds(minX: 0, minY: 0, maxX: 0, maxY: 0)
            return ReadCharacter(text: symbol.text, box: box(of: [symbol], members) ?? nowhere)
        }
    }

    /// The box of a word: of its samples, so that a stroke that runs on into the next word counts in part.
    private func box(of symbols: [RecognizedSymbol], _ members: [Int]) -> Bounds? {
        guard let first = symbols.first?.samples.lowerBound, let end = symbols.map(\.samples.upperBound).max() else {
            return nil
        }
        var box: Bounds?
        var at = 0
        for (index, stroke) in strokes.enumerated() {
            defer { at += stroke.samples.count }
            guard members.contains(index) else { continue }
            for (offset, sample) in stroke.samples.enumerated()
            where at + offset >= first && at + offset < max(end, first + 1) && sample.x.isFinite && sample.y.isFinite {
                let point = Bounds(minX: sample.x, minY: sample.y, maxX: sample.x, maxY: sample.y)
                box = box?.union(point) ?? point
            }
        }
        return box ?? Bounds(around: members.map { strokes[$0] })
    }

    /// The candidates of a word: the words in its place in the line's other readings that have as many words.
    /// Confidences are shares of the readings' weights.
    private func candidates(_ at: Int, of words: [ReadWord]) -> [ReadWord.Candidate] {
        let best = recognition.alternatives.map(\.score).max() ?? 0
        var weights: [(text: String, weight: Float)] = []
        for alternative in recognition.alternatives {
            let parts = alternative.text.split(separator: " ")
            guard parts.count == words.count else { continue }
            let text = String(parts[at]), weight = exp(alternative.score - best)
            if let known = weights.firstIndex(where: { $0.text == text }) {
                weights[known].weight += weight
            } else {
                weights.append((text, weight))
            }
        }
        let total = weights.reduce(0) { $0 + $1.weight }
        guard total > 0, weights.contains(where: { $0.text == words[at].text }) else {
            return [.init(text: words[at].text, confidence: words[at].confidence)]
        }
        let others = weights.filter { $0.text != words[at].text }.sorted { $0.weight > $1.weight }
        let own = weights.first { $0.text == words[at].text }
        return ([own].compactMap { $0 } + others).map { .init(text: $0.text, confidence: $0.weight / total) }
    }
}
