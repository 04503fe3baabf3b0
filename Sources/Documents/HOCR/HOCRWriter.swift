import DuctusFoundations
import DuctusInk

/// Writes hOCR 1.2, the HTML in which programs for scanned text put what they read, with a box for each line and word.
public struct HOCRWriter: ReadingWriter {
    public static let name = "hocr"
    public static let fileExtension = "hocr"

    /// The unit of the boxes, which are whole numbers.
    private enum Unit {
        /// Pixels of the page's sheet at 300 dpi.
        case pixel
        /// The unit of the ink.
        case own
    }

    private let output: ([UInt8]) throws -> Void
    private let title: String
    private var pages = 0
    private static let pixelsPerPoint = 300.0 / 72

    /// A writer of one document.
    ///
    /// - Parameters:
    ///   - title: the document's title.
    ///   - output: takes the bytes, piece by piece.
    public init(title: String, output: @escaping ([UInt8]) throws -> Void) {
        self.title = title
        self.output = output
    }

    public mutating func append(_ page: InkPage, _ reading: ReadPage) throws {
        try begin()
        pages += 1
        try output(Array(Self.text(page, reading, number: pages, in: .pixel).utf8))
    }

    public mutating func finish() throws {
        try begin()
        try output(Array(Self.foot.utf8))
    }

    private func begin() throws {
        if pages == 0 { try output(Array(Self.head(title).utf8)) }
    }

    /// A document of one page, with boxes in the unit of the ink.
    public static func document(title: String, _ page: InkPage, _ reading: ReadPage) -> String {
        head(title) + text(page, reading, number: 1, in: .own) + foot
    }

    private static func head(_ title: String) -> String {
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

        """
    }

    private static let foot = "</body>\n</html>\n"

    private static func text(_ page: InkPage, _ reading: ReadPage, number: Int, in unit: Unit) -> String {
        let lines = reading.pieces.filter { $0.kind == .text }
        let (box, whole) = boxes(page, lines, in: unit)
        var text =
            "<div class=\"ocr_page\" id=\"page_\(number)\" title=\"image &quot;\(XMLText.escaped(page.ink.id))&quot;; "
        text += "\(whole); ppageno \(number - 1)\(unit == .pixel ? "; scan_res 300 300" : "")\">\n"
        var line = 0
        var word = 0
        for (block, pieces) in Dictionary(grouping: lines, by: \.block).sorted(by: { $0.key < $1.key }) {
            let area = pieces.dropFirst().reduce(pieces[0].box) { $0.union($1.box) }
            text += " <div class=\"ocr_carea\" id=\"block_\(number)_\(block + 1)\" title=\"\(box(area))\">\n"
            for piece in pieces {
                line += 1
                text += "  <span class=\"ocr_line\" id=\"line_\(number)_\(line)\" title=\"\(box(piece.box))\">"
                let words = piece.words.map { written in
                    word += 1
                    let confidence = Int((100 * min(1, max(0, written.confidence))).rounded())
                    return
                        "<span class=\"ocrx_word\" id=\"word_\(number)_\(word)\" title=\"\(box(written.box)); x_wconf \(confidence)\">"
                        + XMLText.escaped(written.text) + "</span>"
                }
                text += (words.isEmpty ? XMLText.escaped(piece.text) : words.joined(separator: " ")) + "</span>\n"
            }
            text += " </div>\n"
        }
        return text + "</div>\n"
    }

    /// The property of a box, and that of the whole page.
    private static func boxes(
        _ page: InkPage, _ lines: [ReadPiece], in unit: Unit
    ) -> (box: (Bounds) -> String, whole: String) {
        func property(_ corners: [Double], low: Double, _ rule: FloatingPointRoundingRule) -> String {
            "bbox " + corners.map { String(Int(max(low, min(1e9, $0)).rounded(rule))) }.joined(separator: " ")
        }
        switch unit {
        case .pixel:
            let frame = PageFrame(page)
            return (
                { box in
                    let points = frame.box(box)
                    let corners = [points.x0, points.y0, points.x1, points.y1].map { $0 * pixelsPerPoint }
                    return property(corners, low: 0, .toNearestOrAwayFromZero)
                }, property([0, 0, frame.width * pixelsPerPoint, frame.height * pixelsPerPoint], low: 0, .up)
            )
        case .own:
            let right = Double(lines.map(\.box.maxX).max() ?? 0), bottom = Double(lines.map(\.box.maxY).max() ?? 0)
            return (
                { box in
                    let corners = [box.minX, box.minY, box.maxX, box.maxY].map(Double.init)
                    return property(corners, low: -1e9, .toNearestOrAwayFromZero)
                }, property([0, 0, right, bottom], low: -1e9, .up)
            )
        }
    }
}
