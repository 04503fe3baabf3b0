import DuctusDocuments
import DuctusInk
import DuctusWire

/// A request with its reading, from which every answer is written.
struct RecognizedInk: Sendable {
    /// The identifier that the commercial ink service gives a document of one request.
    private static let documentID = "MainBlock"

    var asked: WireRecognizeRequest
    var reading: WireRecognizeReply
    /// Names of the strokes; empty: their numbers.
    var strokeNames: [String] = []

    func jiix(_ options: JIIXOptions) -> String { JIIXWriter.object(page, readPage, options) }

    /// An hOCR document, with boxes in the units of the ink.
    var hocr: String { HOCRWriter.document(title: String(reading.text.prefix { $0 != "\n" }), page, readPage) }

    private var page: InkPage {
        let strokes = asked.strokes.map { wire in
            var now: Int64 = 0
            return Stroke(
                zip(wire.x, wire.y).enumerated().map { at, place in
                    if wire.time.indices.contains(at) { now &+= wire.time[at] }
                    return Sample(
                        x: place.0, y: place.1, time: wire.time.isEmpty ? nil : now,
                        pressure: wire.pressure.indices.contains(at) ? wire.pressure[at] : nil)
                })
        }
        return InkPage(
            InkLine(id: Self.documentID, strokes: strokes),
            strokeIDs: strokeNames.isEmpty ? strokes.indices.map { "\($0)" } : strokeNames)
    }

    private var readPage: ReadPage {
        ReadPage(
            pieces: reading.pieces.map { piece in
                var read = ReadPiece(
                    kind: piece.kind == .text ? .text : .drawing, text: piece.text, confidence: piece.confidence,
                    strokes: piece.strokes.map { Int($0) }, box: Bounds(piece.box),
                    words: piece.words.map { word in
                        ReadWord(
                            text: word.text, confidence: word.confidence, strokes: word.strokes.map { Int($0) },
                            box: Bounds(word.box),
                            candidates: word.candidates.map { .init(text: $0.text, confidence: $0.confidence) })
                    }, alternatives: piece.alternatives.map(\.text), block: Int(piece.block))
                read.characters = piece.symbols.map { ReadCharacter(text: $0.text, box: Bounds($0.box)) }
                return read
            })
    }
}

extension JIIXOptions {
    /// Those of `/v1/recognize`: its ink is in the web's pixels, of 96 dpi, and the client has the points.
    static let answer = JIIXOptions(scaleX: 25.4 / 96, scaleY: 25.4 / 96, givesPoints: false)
}

extension Bounds {
    fileprivate init(_ box: WireRecognizedBox) {
        self.init(minX: box.x, minY: box.y, maxX: box.x + box.width, maxY: box.y + box.height)
    }
}
