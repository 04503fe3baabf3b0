import DuctusFoundations
import DuctusInk

/// InkML of pages with what was read: a group for each page, and in it a group for each line and drawing with its strokes.
struct InkMLReadingWriter: ReadingWriter {
    static let name = "inkml"
    static let fileExtension = "inkml"

    private let output: ([UInt8]) throws -> Void
    private var hasBegun = false

    init(title: String, output: @escaping ([UInt8]) throws -> Void) { self.output = output }

    private mutating func begin() throws {
        guard !hasBegun else { return }
        hasBegun = true
        try output(
            Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ink xmlns=\"http://www.w3.org/2003/InkML\">\n".utf8))
    }

    mutating func append(_ page: InkPage, _ reading: ReadPage) throws {
        try begin()
        var text = InkML.traceFormat(of: page.ink.strokes).text
        let channels = InkML.traceFormat(of: page.ink.strokes).channels
        text += "  <traceGroup>\n    <annotation type=\"id\">\(XMLText.escaped(page.ink.id))</annotation>\n"
        for piece in reading.pieces {
            text += "    <traceGroup>\n      <annotation type=\"kind\">\(piece.kind.rawValue)</annotation>\n"
            if piece.kind == .text {
                text += "      <annotation type=\"transcription\">\(XMLText.escaped(piece.text))</annotation>\n"
                text +=
                    "      <annotation type=\"confidence\">\(PDFObject.text(Double(piece.confidence)))</annotation>\n"
            }
            for stroke in piece.strokes.filter(page.ink.strokes.indices.contains) {
                text += "      <trace>\(InkML.trace(page.ink.strokes[stroke], channels))</trace>\n"
            }
            text += "    </traceGroup>\n"
        }
        try output(Array((text + "  </traceGroup>\n").utf8))
    }

    mutating func finish() throws {
        try begin()
        try output(Array("</ink>\n".utf8))
    }
}
