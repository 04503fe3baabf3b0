import ArgumentParser
import DuctusDocuments
import DuctusInk
import DuctusRecognition
import Foundation

/// How the strokes of a page are read.
enum PageLayout: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// As its file says: as a line where it is one, else as a page.
    case auto
    /// All strokes as one line, in the file's order.
    case line
    /// Lines, columns and drawings are found by their places.
    case page
}

/// Reads pages, one after the other; keeps its memory. Used by one thread at a time.
protocol PageReading {
    mutating func read(_ page: InkPage) throws -> PageResult
}

/// What was read on a page.
struct PageResult: Sendable {
    var page: ReadPage
    /// For each piece its recognition, with symbols in the order of the piece's strokes; nil for drawings, and where the reader keeps none.
    var recognitions: [Recognition?]
}

enum PageReaders {
    /// The reader for a layout.
    static func reader(model: Model, decoding: Recognizer.Decoding, layout: PageLayout) -> any PageReading {
        LinePageReader(recognizer: Recognizer(model: model, decoding: decoding))
    }
}

/// Reads all that was written on a page as one line.
struct LinePageReader: PageReading {
    let recognizer: Recognizer

    mutating func read(_ page: InkPage) throws -> PageResult {
        let written = page.ink.strokes.indices.filter(page.isWritten)
        let unused = page.ink.strokes.indices.filter { !page.isWritten($0) }
        let strokes = written.map { page.ink.strokes[$0] }
        let recognition = try recognizer.recognize(strokes)
        var result = ReadPage(unused: unused.map { UnusedStroke(stroke: $0, reason: .tool) })
        guard !written.isEmpty || page.ink.strokes.isEmpty else { return PageResult(page: result, recognitions: []) }
        result.pieces = [ReadPiece(recognition, of: strokes, at: written)]
        return PageResult(page: result, recognitions: [recognition])
    }
}

extension ReadPiece {
    /// A line of text.
    ///
    /// - Parameters:
    ///   - strokes: what was recognized.
    ///   - indexes: of the strokes in the page.
    init(_ recognition: Recognition, of strokes: [Stroke], at indexes: [Int]) {
        let count = Float(max(1, recognition.symbols.count))
        self.init(
            kind: .text, text: recognition.text,
            confidence: recognition.symbols.reduce(0) { $0 + $1.confidence } / count, strokes: indexes.sorted(),
            box: Bounds(around: strokes) ?? Bounds(minX: 0, minY: 0, maxX: 0, maxY: 0),
            alternatives: recognition.alternatives.map(\.text).filter { $0 != recognition.text })
        let spellings = recognition.alternatives.map { $0.text.split(separator: " ") }
        let weights = recognition.alternatives.map { Double($0.score - (recognition.alternatives.first?.score ?? 0)) }
        for symbols in recognition.symbols.split(whereSeparator: { $0.text.allSatisfy(\.isWhitespace) }) {
            let places = symbols.flatMap { symbol in Self.samples(symbol.samples, of: strokes) }
            let word = words.count
            var candidates: [(text: String, weight: Double)] = []
            for (spelling, weight) in zip(spellings, weights)
            where spelling.count == spellings[0].count && word < spelling.count {
                let text = String(spelling[word])
                if let known = candidates.firstIndex(where: { $0.text == text }) {
                    candidates[known].weight += Self.likelihood(weight)
                } else {
                    candidates.append((text, Self.likelihood(weight)))
                }
            }
            let total = candidates.reduce(0) { $0 + $1.weight }
            words.append(
                ReadWord(
                    text: symbols.map(\.text).joined(),
                    confidence: symbols.reduce(0) { $0 + $1.confidence } / Float(symbols.count),
                    strokes: Set(symbols.flatMap { $0.strokes }).filter(indexes.indices.contains).map { indexes[$0] }
                        .sorted(),
                    box: Bounds(around: [Stroke(places)]) ?? box,
                    candidates: candidates.map {
                        .init(text: $0.text, confidence: Float($0.weight / max(total, 1e-30)))
                    }))
        }
    }

    private static func likelihood(_ score: Double) -> Double { exp(max(-80, min(0, score))) }

    /// Samples by their numbers over all strokes.
    private static func samples(_ range: Range<Int>, of strokes: [Stroke]) -> [Sample] {
        var samples: [Sample] = []
        var first = 0
        for stroke in strokes {
            let wanted = range.clamped(to: first..<first + stroke.samples.count)
            samples += stroke.samples[(wanted.lowerBound - first)..<(wanted.upperBound - first)]
            first += stroke.samples.count
            if first >= range.upperBound { break }
        }
        return samples
    }
}
