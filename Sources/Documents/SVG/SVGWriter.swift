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
        let samples = stroke.samples.enumerated().filter { $0.element.x.isFinite && $0.element.y.isFinite }
        guard let first = samples.first else { return "" }
        func width(_ sample: (offset: Int, element: Sample)) -> Double {
            mark.points(at: sample.offset, of: stroke, scale: frame.scale)
        }
        func point(_ sample: Sample) -> String {
            let (x, y) = frame.downward(sample.x, sample.y)
            return "\(number(x)) \(number(y))"
        }
        let color =
            "#"
            + [mark.color.red, mark.color.green, mark.color.blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
        let opacity = mark.opacity < 1 ? " stroke-opacity=\"\(number(Double(mark.opacity)))\"" : ""
        func open(_ width: Double, _ sample: Sample) -> String {
            "<path fill=\"none\" stroke=\"\(color)\"\(opacity) stroke-width=\"\(number(width))\" stroke-linecap=\"round\" stroke-linejoin=\"round\" d=\"M\(point(sample))"
        }
        var current = max(0.1, width(first))
        var text = open(current, first.element)
        if samples.count == 1 { text += "h0" }
        for (before, sample) in zip(samples, samples.dropFirst()) {
            let wanted = max(0.1, (width(before) + width(sample)) / 2)
            if abs(wanted - current) >= 0.2 {
                current = wanted
                text += "\"/>\n" + open(current, before.element)
            }
            text += "L\(point(sample.element))"
        }
        return text + "\"/>\n"
    }
}
