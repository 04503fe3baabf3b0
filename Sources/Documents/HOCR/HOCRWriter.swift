import DuctusFoundations
import DuctusInk

/// hOCR 1.2: what was read as HTML with boxes, in pixels of 300 dpi, as programs for scanned text write it.
struct HOCRWriter: ReadingWriter {
    static let name = "hocr"
    static let fileExtension = "hocr"

    private let output: ([UInt8]) throws -> Void
    private let title: String
    private var pages = 0
    private static let pixelsPerPoint = 300.0 / 72

    init(title: String, output: @escaping ([UInt8]) throws -> Void) {
        self.title = title
        self.output = output
    }

    private mutating func begin() throws {
        guard pages == 0 else { return }
        try output(
            Array(
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
                <html xmlns="http://www.w3.org/1999/xhtml">
                <head><title>\(XMLText.escaped(title))</title>
                <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
                <meta name="ocr-system" content="ductus"/>
                <meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_line ocrx_word ocrp_wconf"/>
                </head>
                <body>

                """.utf8))
    }

    mutating func append(_ page: InkPage, _ reading: ReadPage) throws {
        try begin()
        pages += 1
        let frame = PageFrame(page)
        func box(_ box: Bounds) -> String {
            let points = frame.box(box)
            let pixels = [points.x0, points.y0, points.x1, points.y1].map {
                Int(max(0, min(1e9, $0 * Self.pixelsPerPoint)).rounded())
            }
            return "bbox " + pixels.map(String.init).joined(separator: " ")
        }
        let size = [frame.width, frame.height].map { String(Int(($0 * Self.pixelsPerPoint).rounded(.up))) }
        var text =
            "<div class=\"ocr_page\" id=\"page_\(pages)\" title=\"image &quot;\(XMLText.escaped(page.ink.id))&quot;; "
        text += "bbox 0 0 \(size[0]) \(size[1]); ppageno \(pages - 1); scan_res 300 300\">\n"
        var line = 0
        var word = 0
        let blocks = Dictionary(grouping: reading.pieces.filter { $0.kind == .text }, by: \.block).sorted {
            $0.key < $1.key
        }
        for (block, pieces) in blocks {
            let area = pieces.dropFirst().reduce(pieces[0].box) { $0.union($1.box) }
            text += " <div class=\"ocr_carea\" id=\"block_\(pages)_\(block + 1)\" title=\"\(box(area))\">\n"
            for piece in pieces {
                line += 1
                text += "  <span class=\"ocr_line\" id=\"line_\(pages)_\(line)\" title=\"\(box(piece.box))\">"
                let words = piece.words.map { written in
                    word += 1
                    let confidence = Int((100 * min(1, max(0, written.confidence))).rounded())
                    return
                        "<span class=\"ocrx_word\" id=\"word_\(pages)_\(word)\" title=\"\(box(written.box)); x_wconf \(confidence)\">"
                        + XMLText.escaped(written.text) + "</span>"
                }
                text += (words.isEmpty ? XMLText.escaped(piece.text) : words.joined(separator: " ")) + "</span>\n"
            }
            text += " </div>\n"
        }
        try output(Array((text + "</div>\n").utf8))
    }

    mutating func finish() throws {
        try begin()
        try output(Array("</body>\n</html>\n".utf8))
    }
}
