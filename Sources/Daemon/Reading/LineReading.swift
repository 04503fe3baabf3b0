import DuctusInk
import DuctusRecognition
import DuctusWeb
import DuctusWire

/// One line's recognition as the wire tells it: with words, their candidates, and the ink of every symbol.
enum LineReading {
    /// - Parameters:
    ///   - strokes: the line's.
    ///   - numbers: theirs in the request.
    static func piece(
        _ recognition: Recognition, strokes: [Stroke], numbers: [Int], alternatives: Int, block: Int = 0
    ) -> WireRecognizedPiece {
        let samples = strokes.flatMap(\.samples)
        let symbols = recognition.symbols
        var piece = WireRecognizedPiece()
        piece.kind = .text
        piece.text = recognition.text
        piece.confidence =
            symbols.isEmpty ? 0 : symbols.reduce(0) { $0 + $1.confidence } / Float(symbols.count)
        piece.strokes = numbers.map { UInt32($0) }
        piece.box = Bounds(around: strokes).map(WireRecognizedBox.init) ?? WireRecognizedBox()
        piece.block = UInt32(block)
        piece.symbols = symbols.map { symbol in
            .with {
                $0.text = symbol.text
                $0.confidence = symbol.confidence
                $0.firstSample = UInt32(symbol.samples.lowerBound)
                $0.endSample = UInt32(symbol.samples.upperBound)
                $0.strokes = symbol.strokes.clamped(to: numbers.indices).map { UInt32(numbers[$0]) }
                $0.box = box(of: symbol.samples, in: samples)
            }
        }
        piece.words = words(recognition, samples: samples, numbers: numbers)
        piece.alternatives = recognition.alternatives.lazy.filter { $0.text != recognition.text }.prefix(alternatives)
            .map { alternative in .with { ($0.text, $0.score) = (alternative.text, alternative.score) } }
        return piece
    }

    /// The piece of a drawing.
    static func drawing(_ read: ReadPiece) -> WireRecognizedPiece {
        var piece = WireRecognizedPiece()
        piece.kind = .drawing
        piece.strokes = read.strokes.map { UInt32($0) }
        piece.box = WireRecognizedBox(read.box)
        piece.block = UInt32(read.block)
        return piece
    }

    private static func words(
        _ recognition: Recognition, samples: [Sample], numbers: [Int]
    ) -> [WireRecognizedWord] {
        let symbols = recognition.symbols
        let words = WordReading.words(
            of: symbols.map { ($0.text, $0.confidence) },
            best: recognition.alternatives.first { $0.text == recognition.text }?.score,
            readings: recognition.alternatives.filter { $0.text != recognition.text }.map { ($0.text, $0.score) })
        return words.map { word in
            .with {
                $0.text = word.text
                $0.confidence = word.confidence
                let own = symbols[word.symbols]
                let strokes = Set(own.flatMap { $0.strokes.clamped(to: numbers.indices) })
                $0.strokes = strokes.sorted().map { UInt32(numbers[$0]) }
                let first = own.first?.samples.lowerBound ?? 0
                $0.box = box(of: first..<max(first, own.last?.samples.upperBound ?? 0), in: samples)
                $0.candidates = word.candidates.map { candidate in
                    .with { ($0.text, $0.confidence) = (candidate.text, candidate.confidence) }
                }
            }
        }
    }

    private static func box(of range: Range<Int>, in samples: [Sample]) -> WireRecognizedBox {
        let own = Stroke(Array(samples[range.clamped(to: samples.indices)]))
        return own.bounds.map(WireRecognizedBox.init) ?? WireRecognizedBox()
    }
}

extension WireRecognizedBox {
    init(_ bounds: Bounds) {
        self.init()
        (x, y, width, height) = (bounds.minX, bounds.minY, bounds.width, bounds.height)
    }
}
