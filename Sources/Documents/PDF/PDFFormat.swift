import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// The ink annotations of a PDF (ISO 32000-1, section 12.5.6.13; `Path` of ISO 32000-2): what people write on documents with their viewers.
///
/// Ink that a program drew into the pages themselves is no annotation and is not read. Each page with ink is a page
/// here, in points, y down.
enum PDFFormat: WholeFileFormat {
    static let name = "PDF ink annotations"

    static func recognizes(_ head: FileHead) -> Bool {
        head.bytes.prefix(1024).starts(with: Array("%PDF-".utf8))
            || String(decoding: head.bytes.prefix(1024), as: UTF8.self).contains("%PDF-")
    }

    static func read(_ data: Data, path: String, options: ReadingOptions, _ pages: PageReceiver) throws {
        let file = try PDFFile(data, path: path, limits: options.limits)
        var hasInk = false
        do {
            for (index, page) in file.pages().enumerated() {
                guard var ink = try ink(of: page, in: file, id: "page-\(index + 1)", options.limits) else { continue }
                hasInk = true
                ink.index = index
                guard try pages(.success(ink)) else { return }
            }
        } catch let excess as InkExcess {
            throw FileError.tooLarge(path: path, line: 1, what: excess.what, limit: excess.limit)
        }
        guard hasInk else {
            throw FileError.unknownFormat(
                path: path, found: "the PDF has no ink annotations",
                remedy: "Ink that is drawn into the pages cannot be read; read the note program's own file.")
        }
    }

    private static func ink(
        of page: PDFFile.Page, in file: PDFFile, id: String, _ limits: InkLimits
    ) throws -> InkPage? {
        var ink = InkPage(InkLine(id: id, strokes: []))
        var budget = InkBudget(limits)
        let turn = PDFPlane(page)
        for reference in file.resolve(page.dictionary["Annots"]).array ?? [] {
            guard let annotation = file.resolve(reference).dictionary, file.resolve(annotation["Subtype"]).name == "Ink"
            else { continue }
            let mark = mark(of: annotation, in: file)
            let lists = file.resolve(annotation["InkList"]).array ?? file.resolve(annotation["Path"]).array ?? []
            for list in lists {
                let numbers = (file.resolve(list).array ?? []).compactMap { file.resolve($0).number }
                let samples = stride(from: 0, to: numbers.count - 1, by: 2).map { index in
                    let (x, y) = turn.place(numbers[index], numbers[index + 1])
                    return Sample(x: Float(x), y: Float(y))
                }
                guard !samples.isEmpty else { continue }
                try budget.charge(Stroke(samples))
                ink.ink.strokes.append(Stroke(samples))
                ink.marks.append(mark)
            }
        }
        guard !ink.ink.strokes.isEmpty else { return nil }
        ink.sheet = Sheet(width: Float(turn.width), height: Float(turn.height))
        return ink
    }

    private static func mark(of annotation: [String: PDFObject], in file: PDFFile) -> StrokeMark {
        var mark = StrokeMark()
        let color = (file.resolve(annotation["C"]).array ?? []).compactMap { file.resolve($0).number }
        func channel(_ value: Double) -> UInt8 { UInt8(min(255, max(0, (value.isFinite ? value : 0) * 255))) }
        if color.count == 3 {
            mark.color = Color(red: channel(color[0]), green: channel(color[1]), blue: channel(color[2]))
        }
        if color.count == 1 {
            mark.color = Color(red: channel(color[0]), green: channel(color[0]), blue: channel(color[0]))
        }
        let style = file.resolve(annotation["BS"]).dictionary ?? [:]
        let width = file.resolve(style["W"]).number ?? file.resolve(annotation["Border"]).array?.last?.number ?? 1
        mark.widths = [Float(width.isFinite ? max(0, width) : 1)]
        let opacity = file.resolve(annotation["CA"]).number ?? 1
        mark.opacity = Float(opacity.isFinite ? min(1, max(0, opacity)) : 1)
        let subject = file.resolve(annotation["Subj"])
        var name = file.resolve(annotation["IT"]).name ?? ""
        if case .string(let text) = subject { name += String(decoding: text, as: UTF8.self) }
        if mark.opacity < 0.6 || name.lowercased().contains("highlight") { mark.tool = .highlighter }
        return mark
    }
}

/// Places on a PDF's page as a reader sees it, from its upper left corner, y down, turned as viewers turn it.
struct PDFPlane {
    private let page: PDFFile.Page

    init(_ page: PDFFile.Page) { self.page = page }

    private var isOnItsSide: Bool { page.rotation == 90 || page.rotation == 270 }
    var width: Double { isOnItsSide ? page.box.y1 - page.box.y0 : page.box.x1 - page.box.x0 }
    var height: Double { isOnItsSide ? page.box.x1 - page.box.x0 : page.box.y1 - page.box.y0 }

    func place(_ x: Double, _ y: Double) -> (Double, Double) {
        switch page.rotation {
        case 90: (y - page.box.y0, x - page.box.x0)
        case 180: (page.box.x1 - x, y - page.box.y0)
        case 270: (page.box.y1 - y, page.box.x1 - x)
        default: (x - page.box.x0, page.box.y1 - y)
        }
    }

    /// The map from points of the seen page, y up from its lower left corner, to the page's own plane.
    var transform: PlaneTransform {
        switch page.rotation {
        case 90: PlaneTransform(a: 0, b: 1, c: -1, d: 0, e: page.box.x1, f: page.box.y0)
        case 180: PlaneTransform(a: -1, b: 0, c: 0, d: -1, e: page.box.x1, f: page.box.y1)
        case 270: PlaneTransform(a: 0, b: -1, c: 1, d: 0, e: page.box.x0, f: page.box.y1)
        default: PlaneTransform(e: page.box.x0, f: page.box.y0)
        }
    }
}
