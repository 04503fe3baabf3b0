import DuctusInk
import DuctusRecognition
import DuctusWire

/// Turns pieces of a page into messages: lines with the ink of every symbol, and drawings.
enum LineReading {
    /// The message of a line.
    ///
    /// - Parameters:
    ///   - recognition: what the piece was made of.
    ///   - numbers: the line's strokes, in the order in which they were read, by their numbers in the request.
    ///   - alternatives: how many other readings are told.
    static func piece(
        _ read: ReadPiece, of recognition: Recognition, numbers: [Int], alternatives: Int
    ) -> WireRecognizedPiece {
        var piece = WireRecognizedPiece()
        piece.kind = .text
        piece.text = read.text
        piece.confidence = read.confidence
        piece.strokes = numbers.map { UInt32($0) }
        piece.box = WireRecognizedBox(read.box)
        piece.block = UInt32(read.block)
        piece.symbols = zip(recognition.symbols, read.characters).map { symbol, character in
            .with {
                $0.text = symbol.text
                $0.confidence = symbol.confidence
                $0.firstSample = UInt32(symbol.samples.lowerBound)
                $0.endSample = UInt32(symbol.samples.upperBound)
                $0.strokes = symbol.strokes.clamped(to: numbers.indices).map { UInt32(numbers[$0]) }
                $0.box = WireRecognizedBox(character.box)
            }
        }
        piece.words = read.words.map(WireRecognizedWord.init)
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
}

extension WireRecognizedWord {
    fileprivate init(_ word: ReadWord) {
        self.init()
        text = word.text
        confidence = word.confidence
        strokes = word.strokes.map { UInt32($0) }
        box = WireRecognizedBox(word.box)
        candidates = word.candidates.map { candidate in
            .with { ($0.text, $0.confidence) = (candidate.text, candidate.confidence) }
        }
    }
}

extension WireRecognizedBox {
    fileprivate init(_ bounds: Bounds) {
        self.init()
        (x, y, width, height) = (bounds.minX, bounds.minY, bounds.width, bounds.height)
    }
}
