import DuctusFoundations
import DuctusInk
import Foundation

/// Another program's PDF of the same pages, with the words as invisible text over it: its bytes as they are, and an update behind them
/// (ISO 32000-1, section 7.5.6).
struct PDFOverlay: ReadingWriter {
    static let name = "pdf"
    static let fileExtension = "pdf"

    private let file: PDFFile
    private let pages: [PDFFile.Page]
    private let output: ([UInt8]) throws -> Void
    private var next = 0
    private var texts: [Int: String] = [:]

    init(title: String, output: @escaping ([UInt8]) throws -> Void) {
        preconditionFailure("an overlay needs the file that it is written over")
    }

    /// - Throws: `FileError`.
    init(over url: URL, output: @escaping ([UInt8]) throws -> Void) throws {
        let data = try LineReader.contents(of: url)
        guard PDFFormat.recognizes(FileHead([UInt8](data.prefix(2048)))) else {
            throw FileError.unknownFormat(
                path: url.path, found: FileHead([UInt8](data.prefix(2048))).description, remedy: "--over takes a PDF.")
        }
        file = try PDFFile(data, path: url.path, limits: InkLimits())
        pages = file.pages()
        self.output = output
    }

    mutating func append(_ page: InkPage, _ reading: ReadPage) throws {
        next = page.index ?? next
        guard next < pages.count else {
            throw FileError.unwritable(
                path: file.path,
                reason: "it has \(pages.count) pages, fewer than the ink; export it again from the same note")
        }
        let plane = PDFPlane(pages[next])
        let frame = PageFrame(page, growing: false)
        // The export may have another size.
        let stretch = (plane.width / max(frame.width, 1e-6), plane.height / max(frame.height, 1e-6))
        texts[next] = InvisibleText.operators(for: reading) { x, y in
            let (x, y) = frame.upward(x, y)
            return (x * stretch.0, y * stretch.1)
        }
        next += 1
    }

    mutating func finish() throws {
        var bytes = file.bytes
        if bytes.last != 0x0a { bytes.append(0x0a) }
        var offsets: [(number: Int, offset: Int)] = []
        var free = max((file.objects.keys.max() ?? 0) + 1, file.trailer["Size"]?.number.map { Int($0) } ?? 1)
        func add(_ number: Int, _ content: String, stream: [UInt8]? = nil) {
            offsets.append((number, bytes.count))
            bytes += Array("\(number) 0 obj\n\(content)\n".utf8)
            if let stream { bytes += Array("stream\n".utf8) + stream + Array("\nendstream\n".utf8) }
            bytes += Array("endobj\n".utf8)
        }
        let font = free
        let save = free + 1
        free += 2
        add(font, InvisibleText.font)
        // The page's own operators may leave any state behind.
        add(save, "<</Length 1>>", stream: Array("q".utf8))
        for (index, text) in texts.sorted(by: { $0.key < $1.key }) where !text.isEmpty {
            let page = pages[index]
            let t = PDFPlane(page).transform
            let matrix = [t.a, t.b, t.c, t.d, t.e, t.f].map(PDFObject.text).joined(separator: " ")
            let content = Deflate.deflated(Array("Q q \(matrix) cm\n\(text)Q".utf8))
            add(free, "<</Filter/FlateDecode/Length \(content.count)>>", stream: content)
            var dictionary = page.dictionary
            let own = dictionary["Contents"].map { object -> [PDFObject] in
                if let array = file.resolve(object).array { return array }
                return [object]
            }
            dictionary["Contents"] = .array(
                [.reference(save, generation: 0)] + (own ?? []) + [.reference(free, generation: 0)])
            var resources = file.resolve(dictionary["Resources"]).dictionary ?? [:]
            var fonts = file.resolve(resources["Font"]).dictionary ?? [:]
            fonts[InvisibleText.fontName] = .reference(font, generation: 0)
            resources["Font"] = .dictionary(fonts)
            dictionary["Resources"] = .dictionary(resources)
            free += 1
            add(page.number, PDFObject.dictionary(dictionary).text)
        }
        addTable(&bytes, offsets: offsets.sorted { $0.number < $1.number }, size: free)
        try output(bytes)
    }

    /// The update's table, of the kind that the file has.
    private func addTable(_ bytes: inout [UInt8], offsets: [(number: Int, offset: Int)], size: Int) {
        let start = bytes.count
        let (previous, isStream) = lastTable()
        var trailer: [String: PDFObject] = ["Prev": .number(Double(previous))]
        for key in ["Root", "Info", "ID"] { trailer[key] = file.trailer[key] }
        if isStream {
            var rows: [UInt8] = []
            var index: [PDFObject] = []
            for (number, offset) in offsets + [(size, start)] {
                index += [.number(Double(number)), .number(1)]
                rows += [1] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: offset >> $0) } + [0, 0]
            }
            trailer["Type"] = .name("XRef")
            trailer["Size"] = .number(Double(size + 1))
            trailer["W"] = .array([.number(1), .number(4), .number(2)])
            trailer["Index"] = .array(index)
            trailer["Length"] = .number(Double(rows.count))
            bytes += Array("\(size) 0 obj\n\(PDFObject.dictionary(trailer).text)\nstream\n".utf8) + rows
            bytes += Array("\nendstream\nendobj\n".utf8)
        } else {
            trailer["Size"] = .number(Double(size))
            bytes += Array("xref\n0 1\n0000000000 65535 f \n".utf8)
            for (number, offset) in offsets {
                let digits = String(offset)
                let padded = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
                bytes += Array("\(number) 1\n\(padded) 00000 n \n".utf8)
            }
            bytes += Array("trailer\n\(PDFObject.dictionary(trailer).text)\n".utf8)
        }
        bytes += Array("startxref\n\(start)\n%%EOF\n".utf8)
    }

    /// The offset of the file's last cross-reference table, and whether the table is a stream.
    private func lastTable() -> (offset: Int, isStream: Bool) {
        let tail = file.bytes.suffix(2048)
        guard let place = tail.indices.last(where: { PDFLexer(file.bytes, at: $0).starts(with: "startxref") }) else {
            return (0, false)
        }
        var lexer = PDFLexer(file.bytes, at: place + 9)
        lexer.skipSpace()
        guard let offset = lexer.integer(), offset < file.bytes.count else { return (0, false) }
        var table = PDFLexer(file.bytes, at: offset)
        table.skipSpace()
        return (offset, !table.starts(with: "xref"))
    }
}
