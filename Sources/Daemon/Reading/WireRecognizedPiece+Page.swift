import DuctusInk
import DuctusRecognition
import DuctusWire

extension WireRecognizedPiece {
    /// A line of text, with the ink of every symbol.
    ///
    /// - Parameters:
    ///   - recognition: what the piece was made of.
    ///   - numbers: the line's strokes, in the order in which they were read, by their numbers in the request.
    ///   - alternatives: the largest number of other readings.
    init(line read: ReadPiece, of recognition: Recognition, numbers: [Int], alternatives limit: Int) {
        self.init(read)
        text = read.text
        confidence = read.confidence
        strokes = numbers.map { UInt32($0) }
        symbols = zip(recognition.symbols, read.characters).map { symbol, character in
            .with {
                $0.text = symbol.text
                $0.confidence = symbol.confidence
                $0.firstSample = UInt32(symbol.samples.lowerBound)
                $0.endSample = UInt32(symbol.samples.upperBound)
                $0.strokes = symbol.strokes.clamped(to: numbers.indices).map { UInt32(numbers[$0]) }
                $0.box = WireRecognizedBox(character.box)
            }
        }
        words = read.words.map(WireRecognizedWord.init)
        alternatives = recognition.alternatives.lazy.filter { $0.text != recognition.text }.prefix(limit)
            .map { alternative in .with { ($0.text, $0.score) = (alternative.text, alternative.score) } }
    }

    /// A drawing.
    init(drawing read: ReadPiece) { self.init(read) }

    private init(_ read: ReadPiece) {
        self.init()
        kind = read.kind == .text ? .text : .drawing
        strokes = read.strokes.map { UInt32($0) }
        box = WireRecognizedBox(read.box)
        block = UInt32(read.block)
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
