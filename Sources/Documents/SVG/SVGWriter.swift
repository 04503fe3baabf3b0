import DuctusFoundations
import DuctusInk

/// SVG of the pages below each other: the ink as it looked, the words as text that cannot be seen but found and marked.
struct SVGWriter: ReadingWriter {
    static let name = "svg"
    static let fileExtension = "svg"

    private let output: ([UInt8]) throws -> Void
    private let title: String
    private var pages = ""
    private var width = 1.0
    private var height = 0.0

    init(title: String, output: @escaping ([UInt8]) throws -> Void) {
        self.title = title
        self.output = output
    }

    mutating func append(_ page: InkPage, _ reading: ReadPage) throws {
        let frame = PageFrame(page)
        let number = PDFObject.text
        pages += "<g transform=\"translate(0 \(number(height)))\">\n"
        pages += "<rect width=\"\(number(frame.width))\" height=\"\(number(frame.height))\" fill=\"#fff\"/>\n"
        for (index, stroke) in page.ink.strokes.enumerated() {
            let mark = page.marks.isEmpty ? StrokeMark() : page.marks[index]
            guard mark.tool != .eraser else { continue }
            pages += Self.path(stroke, mark, frame)
        }
        for piece in reading.pieces where piece.kind == .text {
            for word in piece.words {
                let box = frame.box(word.box)
                let size = max(1, box.y1 - box.y0)
                pages +=
                    "<text x=\"\(number(box.x0))\" y=\"\(number(box.y1 - 0.22 * size))\" font-size=\"\(number(size))\" "
                pages += "textLength=\"\(number(max(1, box.x1 - box.x0)))\" lengthAdjust=\"spacingAndGlyphs\" "
                pages +=
                    "font-family=\"Helvetica, Arial, sans-serif\" fill-opacity=\"0\">\(XMLText.escaped(word.text))</text>\n"
            }
        }
        pages += "</g>\n"
        width = max(width, frame.width)
        height += frame.height
    }

    mutating func finish() throws {
        let size = (PDFObject.text(width), PDFObject.text(max(1, height)))
        var text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(size.0)pt\" "
        text +=
            "height=\"\(size.1)pt\" viewBox=\"0 0 \(size.0) \(size.1)\">\n<title>\(XMLText.escaped(title))</title>\n"
        try output(Array((text + pages + "</svg>\n").utf8))
    }

    private static func path(_ stroke: Stroke, _ mark: StrokeMark, _ frame: PageFrame) -> String {
        let number = PDFObject.text
        let color =
            "#"
            + [mark.color.red, mark.color.green, mark.color.blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
        let opacity = mark.opacity < 1 ? " stroke-opacity=\"\(number(Double(mark.opacity)))\"" : ""
        return StrokeRuns(stroke, mark, frame, step: 0.2) { frame.downward($0, $1) }.runs.map { run in
            let points = run.points.map { "\(number($0.x)) \(number($0.y))" }
            return
                "<path fill=\"none\" stroke=\"\(color)\"\(opacity) stroke-width=\"\(number(run.width))\" stroke-linecap=\"round\" stroke-linejoin=\"round\" d=\"M\(points.joined(separator: "L"))\"/>\n"
        }.joined()
    }
}
