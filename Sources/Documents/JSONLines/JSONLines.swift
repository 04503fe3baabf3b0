import DuctusFoundations
import DuctusInk
import Foundation

/// The data sets' format: one JSON object per line, plain or gzip.
///
///     {"id":"a01-001w-01","source":"iam-ondb","writer":"10026","lang":"en","text":"By Trevor Williams",
///      "strokes":[[[1035,1055],[1064,1085],[0,20]],…]}
///
/// A stroke is a list of channels of equal length: x, y, then optionally the time in ms, pressure (0…1), tilt to the right
/// and tilt to the writer (degrees). A channel the device lacks is left out at the end, or empty, or `null` where a single
/// value is missing. y grows down. Unknown members are skipped. Strokes may also be lists of points, see `JSONStrokes`; an object may
/// be written over many lines, and the objects may be elements of a list.
public enum JSONLines {
    /// Reads one object.
    ///
    /// - Parameters:
    ///   - path, line: where it is from, for messages.
    /// - Throws: `FileError.malformed`, `.tooLarge`.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, path: String = "ink", line: Int = 1, limits: InkLimits = InkLimits()
    ) throws -> InkLine {
        var decoder = JSONLinesFormat.Decoder(options: ReadingOptions(limits: limits))
        let pages = try JSONLinesFormat.decode(bytes, &decoder, number: line, path: path, line: line)
        return pages[0].ink
    }

    /// All pieces of ink of a file.
    ///
    /// - Throws: `FileError`, also for what is wrong with a single piece.
    public static func read(_ url: URL, limits: InkLimits = InkLimits()) throws -> [InkLine] {
        let file = try LineReader(url, maximumBytes: limits.lineBytes)
        var lines: [InkLine] = []
        try JSONLinesFormat.read(file, options: ReadingOptions(limits: limits)) { page in
            lines.append(try page.get().ink)
            return true
        }
        return lines
    }
}

enum JSONLinesFormat: JSONFormat {
    static let name = "JSON lines"
    static let splitsLists = true
    static let example =
        "Each line is an object such as {\"id\":\"1\",\"text\":\"a\",\"strokes\":[[[0,1],[0,1],[0,10]]]}."

    static func recognizes(_ head: FileHead) -> Bool {
        if let strokes = head.json?.members["strokes"] { return strokes.hasPrefix("[") && strokes.count > 1 }
        // The first object may be broken, or something may stand before it.
        guard head.json == nil || head.json?.members.isEmpty == false else { return false }
        let text = String(decoding: head.bytes.filter { $0 > 0x20 }, as: UTF8.self)
        return text.contains("\"strokes\":[[")
    }

    struct Decoder: JSONPageDecoder {
        private var strokes: JSONStrokes

        init(options: ReadingOptions) {
            strokes = JSONStrokes(limits: options.limits)
        }

        mutating func decode(_ scanner: inout JSONScanner, number: Int) throws -> [InkPage] {
            var ink = InkLine(id: "line-\(number)", strokes: [])
            var hasStrokes = false
            strokes.removeAll()
            try scanner.object { scanner, name in
                switch name {
                case "id": ink.id = try scanner.looseText() ?? ink.id
                case "source": ink.source = try scanner.looseText()
                case "writer": ink.writer = try scanner.looseText()
                case "lang", "language": ink.language = try scanner.looseText()
                case "text": ink.text = try scanner.optionalString()
                case "strokes":
                    guard !hasStrokes else { throw scanner.failure("a second \"strokes\"") }
                    hasStrokes = true
                    try strokes.list(&scanner)
                default: try scanner.skip()
                }
            }
            guard hasStrokes else { throw scanner.failure("the object has no \"strokes\"") }
            ink.strokes = try strokes.strokes(scanner)
            let isPlain = strokes.marks.allSatisfy { $0 == StrokeMark() }
            var page = InkPage(ink, marks: isPlain ? [] : strokes.marks)
            page.placement = strokes.placement
            return [page]
        }
    }
}

extension Sample {
    /// A time in ms as this type's µs; nil if it is not a number or beyond what 64 bits hold.
    static func time(milliseconds: Double) -> Int64? {
        let time = (milliseconds * 1000).rounded()
        return abs(time) < 9e18 ? Int64(time) : nil
    }
}
