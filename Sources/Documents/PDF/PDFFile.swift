import DuctusFoundations
import Foundation

/// A PDF file in memory: its objects, found by reading through the file, so that damaged tables do no harm, and its pages in order.
struct PDFFile {
    let bytes: [UInt8]
    let path: String
    private(set) var objects: [Int: PDFObject] = [:]
    private(set) var trailer: [String: PDFObject] = [:]
    private let limits: InkLimits
    private static let mostObjects = 2_000_000

    /// - Throws: `FileError.broken` for files without pages, and encrypted ones.
    init(_ data: Data, path: String, limits: InkLimits) throws {
        bytes = [UInt8](data)
        self.path = path
        self.limits = limits
        try readObjects()
        guard trailer["Encrypt"] == nil else {
            throw broken("the trailer", "the PDF is encrypted", "Save a copy without a password.")
        }
        guard trailer["Root"] != nil else {
            throw broken("the end", "the PDF has no catalog", "It is damaged or not whole; export it again.")
        }
    }

    func broken(_ place: String, _ reason: String, _ remedy: String) -> FileError {
        .broken(path: path, place: place, reason: reason, remedy: remedy)
    }

    private mutating func readObjects() throws {
        var lexer = PDFLexer(bytes)
        var unpacked = 0
        while let place = nextObject(from: lexer.position) {
            lexer.position = place.next
            guard let number = place.number, objects.count < Self.mostObjects else {
                if place.isTrailer { readTrailer(lexer.object()) }
                continue
            }
            let start = lexer.position
            guard let object = lexer.object() else {
                lexer.position = start
                continue
            }
            objects[number] = object
            guard case .dictionary(let dictionary) = object else { continue }
            lexer.skipSpace()
            guard lexer.starts(with: "stream") else { continue }
            var begin = lexer.position + 6
            if begin < bytes.count, bytes[begin] == 13 { begin += 1 }
            if begin < bytes.count, bytes[begin] == 10 { begin += 1 }
            let end = streamEnd(dictionary, from: begin)
            objects[number] = .stream(dictionary, begin..<end)
            lexer.position = end
            if dictionary["Type"]?.name == "XRef" { readTrailer(.dictionary(dictionary)) }
            if dictionary["Type"]?.name == "ObjStm", let content = content(of: .stream(dictionary, begin..<end)) {
                unpacked += content.count
                guard unpacked <= limits.fileBytes else {
                    throw FileError.tooLarge(path: path, line: 1, what: "bytes unpacked", limit: limits.fileBytes)
                }
                readObjects(from: content, dictionary)
            }
        }
    }

    private mutating func readTrailer(_ object: PDFObject?) {
        for (key, value) in object?.dictionary ?? [:] { trailer[key] = value }
    }

    /// The next `N G obj` or `trailer` from a place on.
    private func nextObject(from position: Int) -> (number: Int?, isTrailer: Bool, next: Int)? {
        var at = position
        while at + 3 <= bytes.count {
            if bytes[at] == UInt8(ascii: "o"), bytes[at + 1] == UInt8(ascii: "b"), bytes[at + 2] == UInt8(ascii: "j"),
                let number = objectNumber(before: at)
            {
                return (number, false, at + 3)
            }
            if bytes[at] == UInt8(ascii: "t"), PDFLexer(bytes, at: at).starts(with: "trailer") {
                return (nil, true, at + 7)
            }
            at += 1
        }
        return nil
    }

    /// The N of `N G ` that ends at a place.
    private func objectNumber(before place: Int) -> Int? {
        var at = place
        func digits() -> Int? {
            var value = 0
            var factor = 1
            let end = at
            while at > 0, bytes[at - 1] &- 0x30 < 10, end - at < 10 {
                value += factor * Int(bytes[at - 1] - 0x30)
                factor *= 10
                at -= 1
            }
            return at < end ? value : nil
        }
        func spaces() -> Bool {
            let end = at
            while at > 0, [9, 10, 13, 32].contains(bytes[at - 1]) { at -= 1 }
            return at < end
        }
        guard spaces(), digits() != nil, spaces(), let number = digits() else { return nil }
        return number
    }

    private func streamEnd(_ dictionary: [String: PDFObject], from begin: Int) -> Int {
        if let length = dictionary["Length"]?.number, length >= 0, length <= Double(bytes.count - begin) {
            var lexer = PDFLexer(bytes, at: begin + Int(length))
            lexer.skipSpace()
            if lexer.starts(with: "endstream") { return begin + Int(length) }
        }
        var at = begin
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "e"), PDFLexer(bytes, at: at).starts(with: "endstream") { break }
            at += 1
        }
        while at > begin, bytes[at - 1] == 10 || bytes[at - 1] == 13 { at -= 1 }
        return at
    }

    private mutating func readObjects(from content: [UInt8], _ dictionary: [String: PDFObject]) {
        guard let count = dictionary["N"]?.number, let first = dictionary["First"]?.number, count >= 0, count < 1e6,
            first >= 0, first <= Double(content.count)
        else { return }
        var head = PDFLexer(content)
        for _ in 0..<Int(count) {
            head.skipSpace()
            guard let number = head.integer() else { return }
            head.skipSpace()
            guard let offset = head.integer(), offset <= content.count, Int(first) + offset < content.count else {
                return
            }
            var lexer = PDFLexer(content, at: Int(first) + offset)
            if let object = lexer.object() { objects[number] = object }
        }
    }

    // MARK: access

    /// The object itself, references followed.
    func resolve(_ object: PDFObject?) -> PDFObject {
        var object = object ?? .null
        for _ in 0..<16 {
            guard case .reference(let number, _) = object else { return object }
            object = objects[number] ?? .null
        }
        return .null
    }

    /// The data of a stream, uncompressed; nil for filters that are not known.
    func content(of object: PDFObject) -> [UInt8]? {
        guard case .stream(let dictionary, let range) = object else { return nil }
        let filter = resolve(dictionary["Filter"])
        let names = filter.name.map { [$0] } ?? filter.array?.compactMap { resolve($0).name } ?? []
        guard !names.isEmpty else { return Array(bytes[range]) }
        guard names == ["FlateDecode"],
            case .success(let content) = Deflate.inflated(bytes[range], isRaw: false, limit: limits.fileBytes)
        else { return nil }
        return content
    }

    /// A page with what it inherits.
    struct Page {
        var number: Int
        var dictionary: [String: PDFObject]
        /// Left, bottom, right, top, in points.
        var box: (x0: Double, y0: Double, x1: Double, y1: Double)
        /// The angle by which viewers turn the page, clockwise, in degrees.
        var rotation: Int
    }

    /// The pages in their order.
    func pages() -> [Page] {
        var pages: [Page] = []
        var seen: Set<Int> = []
        let root = resolve(trailer["Root"]).dictionary ?? [:]
        collect(root["Pages"] ?? .null, inherited: [:], &pages, &seen)
        return pages
    }

    private func collect(
        _ node: PDFObject, inherited: [String: PDFObject], _ pages: inout [Page], _ seen: inout Set<Int>
    ) {
        guard case .reference(let number, _) = node, seen.insert(number).inserted, pages.count < limits.pages,
            let dictionary = resolve(node).dictionary
        else { return }
        var inherited = inherited
        for key in ["MediaBox", "CropBox", "Rotate", "Resources"] { inherited[key] = dictionary[key] ?? inherited[key] }
        if let kids = resolve(dictionary["Kids"]).array {
            for kid in kids { collect(kid, inherited: inherited, &pages, &seen) }
            return
        }
        var page = dictionary
        for (key, value) in inherited { page[key] = value }
        let numbers = (resolve(page["CropBox"]).array ?? resolve(page["MediaBox"]).array ?? []).compactMap {
            resolve($0).number
        }
        let box = numbers.count == 4 ? numbers : [0, 0, 612, 792]
        let turn = resolve(page["Rotate"]).number ?? 0
        pages.append(
            Page(
                number: number, dictionary: page,
                box: (min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])),
                rotation: turn.isFinite && abs(turn) < 1e6 ? ((Int(turn) % 360) + 360) % 360 : 0))
    }
}
