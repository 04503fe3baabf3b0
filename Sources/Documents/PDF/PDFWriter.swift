import DuctusInk
import Foundation

/// A PDF that shows the ink as it looked, as vectors, with the words behind it as invisible text (ISO 32000-1).
struct PDFWriter: ReadingWriter {
    static let name = "pdf"
    static let fileExtension = "pdf"

    private let output: ([UInt8]) throws -> Void
    private let title: String
    private var offset = 0
    /// The offset of each object, by its number; 0 for one that is not written yet.
    private var offsets = [0, 0, 0, 0]
    private var pages: [Int] = []
    private static let catalog = 1
    private static let tree = 2
    private static let font = 3

    init(title: String, output: @escaping ([UInt8]) throws -> Void) {
        self.title = title
        self.output = output
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        try output(bytes)
        offset += bytes.count
    }

    private mutating func begin() throws {
        // Bytes above 127 tell programs that the file is binary.
        if offset == 0 { try write(Array("%PDF-1.7\n%".utf8) + [0xe2, 0xe3, 0xcf, 0xd3, 0x0a]) }
    }

    private mutating func object(_ number: Int, _ content: String, stream: [UInt8]? = nil) throws {
        offsets[number] = offset
        var bytes = Array("\(number) 0 obj\n\(content)\n".utf8)
        if let stream { bytes += Array("stream\n".utf8) + stream + Array("\nendstream\n".utf8) }
        try write(bytes + Array("endobj\n".utf8))
    }

    private mutating func newObject() -> Int {
        offsets.append(0)
        return offsets.count - 1
    }

    mutating func append(_ page: InkPage, _ reading: ReadPage) throws {
        try begin()
        let frame = PageFrame(page)
        var opacities: [Float] = []
        var operators = "1 J 1 j\n"
        for (index, stroke) in page.ink.strokes.enumerated() {
            let mark = page.marks.isEmpty ? StrokeMark() : page.marks[index]
            guard mark.tool != .eraser else { continue }
            if !opacities.contains(mark.opacity) { opacities.append(mark.opacity) }
            operators += Self.operators(for: stroke, mark, opacity: opacities.firstIndex(of: mark.opacity) ?? 0, frame)
        }
        operators += InvisibleText.operators(for: reading, place: frame.upward)
        let content = Deflate.deflated(Array(operators.utf8))
        let (contents, number) = (newObject(), newObject())
        try object(contents, "<</Filter/FlateDecode/Length \(content.count)>>", stream: content)
        let states = opacities.enumerated().map { "/G\($0) <</CA \(PDFObject.text(Double($1)))>>" }.joined(
            separator: " ")
        try object(
            number,
            "<</Type/Page/Parent \(Self.tree) 0 R/MediaBox[0 0 \(PDFObject.text(frame.width)) \(PDFObject.text(frame.height))]"
                + "/Resources<</Font<</\(InvisibleText.fontName) \(Self.font) 0 R>>/ExtGState<<\(states)>>>>/Contents \(contents) 0 R>>"
        )
        pages.append(number)
    }

    mutating func finish() throws {
        try begin()
        try object(Self.font, InvisibleText.font)
        try object(
            Self.tree, "<</Type/Pages/Count \(pages.count)/Kids[\(pages.map { "\($0) 0 R" }.joined(separator: " "))]>>")
        try object(Self.catalog, "<</Type/Catalog/Pages \(Self.tree) 0 R>>")
        let information = newObject()
        try object(
            information,
            "<</Title \(PDFObject.string([0xfe, 0xff] + title.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }).text)/Producer(Ductus)>>"
        )
        let start = offset
        var table = "xref\n0 \(offsets.count)\n0000000000 65535 f \n"
        for offset in offsets.dropFirst() {
            let digits = String(offset)
            table += String(repeating: "0", count: max(0, 10 - digits.count)) + digits + " 00000 n \n"
        }
        table +=
            "trailer\n<</Size \(offsets.count)/Root \(Self.catalog) 0 R/Info \(information) 0 R>>\nstartxref\n\(start)\n%%EOF\n"
        try write(Array(table.utf8))
    }

    /// A stroke as lines, as wide as it was drawn.
    private static func operators(for stroke: Stroke, _ mark: StrokeMark, opacity: Int, _ frame: PageFrame) -> String {
        let number = PDFObject.text
        // A width of its own where it has changed by a tenth of a point.
        let drawn = StrokeRuns(stroke, mark, frame, step: 0.1) { frame.upward($0, $1) }
        guard !drawn.runs.isEmpty else { return "" }
        let channels = [mark.color.red, mark.color.green, mark.color.blue].map { number(Double($0) / 255) }
        var text = "/G\(opacity) gs \(channels.joined(separator: " ")) RG\n"
        for run in drawn.runs {
            let points = run.points.map { "\(number($0.x)) \(number($0.y))" }
            text += "\(number(run.width)) w \(points[0]) m\n"
            text += points.dropFirst().map { "\($0) l\n" }.joined() + "S\n"
        }
        return text
    }
}

/// The map from the ink's plane to a sheet in points.
struct PageFrame {
    private let x: Double
    private let y: Double
    /// Points per unit.
    let scale: Double
    /// The width in points.
    let width: Double
    let height: Double
    private static let margin = 36.0
    private static let usualWidth = 595.0

    /// The sheet of the page; without one as wide as A4.
    ///
    /// - Parameter growing: whether the sheet is enlarged where ink lies outside.
    init(_ page: InkPage, growing: Bool = true) {
        let bounds = page.ink.bounds
        guard let sheet = page.sheet, sheet.unitsPerPoint > 0 else {
            let box = bounds ?? Bounds(minX: 0, minY: 0, maxX: 1, maxY: 1)
            let extent = (max(Double(box.width), 1e-6), max(Double(box.height), 1e-6))
            // A short word is not blown up to the width of the sheet.
            let fit = (Self.usualWidth - 2 * Self.margin) / extent.0
            scale = min(fit, 14_000 / extent.1, bounds == nil ? 1 : 40 / max(Self.letterHeight(page.ink), 1e-6))
            x = Double(box.minX) - Self.margin / scale
            y = Double(box.minY) - Self.margin / scale
            width = max(extent.0 * scale + 2 * Self.margin, 100)
            height = extent.1 * scale + 2 * Self.margin
            return
        }
        scale = 1 / Double(sheet.unitsPerPoint)
        var box = Bounds(minX: sheet.x, minY: sheet.y, maxX: sheet.x + sheet.width, maxY: sheet.y + sheet.height)
        if growing, let bounds {
            // A stray far away does not make the sheet a banner.
            let reach = 4 * max(sheet.width, sheet.height)
            if bounds.minX > sheet.x - reach, bounds.maxX < sheet.x + sheet.width + reach,
                bounds.minY > sheet.y - reach, bounds.maxY < sheet.y + sheet.height + 20 * reach
            {
                box = box.union(bounds)
            }
        }
        (x, y) = (Double(box.minX), Double(box.minY))
        (width, height) = (Double(box.width) * scale, Double(box.height) * scale)
    }

    /// The height of the taller strokes.
    private static func letterHeight(_ ink: InkLine) -> Double {
        let heights = ink.strokes.compactMap(\.bounds).map { Double($0.height) }.sorted()
        return heights.isEmpty ? 1 : max(heights[heights.count * 3 / 4], 1e-6)
    }

    /// A place in points, y down.
    func downward(_ x: Float, _ y: Float) -> (Double, Double) {
        ((Double(x) - self.x) * scale, (Double(y) - self.y) * scale)
    }

    /// A place in points, y up.
    func upward(_ x: Float, _ y: Float) -> (Double, Double) {
        let (x, y) = downward(x, y)
        return (x, height - y)
    }

    /// A box in points, y down.
    func box(_ box: Bounds) -> (x0: Double, y0: Double, x1: Double, y1: Double) {
        let (x0, y0) = downward(box.minX, box.minY)
        let (x1, y1) = downward(box.maxX, box.maxY)
        return (x0, y0, x1, y1)
    }
}
