import DuctusFoundations
import DuctusInk

/// JIIX, the interchange format of iink programs, if its strokes were exported with it: they stand wherever an object has lists `X` and `Y`
/// (mm, y down), with `F` and `T` (ms) beside them.
enum JIIXFormat: JSONFormat {
    static let name = "JIIX"
    static let splitsLists = false
    static let example =
        "The strokes of JIIX are items {\"type\":\"stroke\",\"X\":[…],\"Y\":[…]}; export it with its strokes."

    private static let types: Set = [
        "Text", "Math", "Diagram", "Drawing", "Raw", "RawContent", "TextDocument", "Shape", "Node",
    ]

    static func recognizes(_ head: FileHead) -> Bool {
        guard let json = head.json, let type = json.string("type") else { return false }
        return types.contains(type)
            && (json.members["version"] != nil || json.members["words"] != nil
                || json.members["elements"] != nil || json.members["bounding-box"] != nil
                || json.members["expressions"] != nil)
    }

    struct Decoder: JSONPageDecoder {
        private static let deepest = 24
        private var strokes: JSONStrokes

        init(options: ReadingOptions) { strokes = JSONStrokes(limits: options.limits) }

        mutating func decode(_ scanner: inout JSONScanner, number: Int) throws -> [InkPage] {
            strokes.removeAll()
            try walk(&scanner, depth: 0)
            guard strokes.count > 0 else { throw scanner.failure("this JIIX has words, but no strokes") }
            var page = InkPage(
                InkLine(id: "page-\(number)", strokes: try strokes.strokes(scanner)), marks: strokes.marks)
            page.strokeIDs = strokes.ids.contains { !$0.isEmpty } ? strokes.ids : []
            page.placement = strokes.placement
            return [page]
        }

        /// Looks for strokes in a value.
        private mutating func walk(_ scanner: inout JSONScanner, depth: Int) throws {
            guard depth < Self.deepest else { throw scanner.failure("nested too deeply") }
            switch scanner.peek() {
            case UInt8(ascii: "["): try scanner.array { try walk(&$0, depth: depth + 1) }
            case UInt8(ascii: "{"):
                var channels: [JSONStrokes.Column: [Double]] = [:]
                var id = ""
                var mark = StrokeMark()
                try scanner.object { scanner, name in
                    if let column = JSONStrokes.column(name), scanner.peek() == UInt8(ascii: "[") {
                        channels[column] = try strokes.channel(&scanner)
                    } else if name == "id" {
                        id = try scanner.looseText() ?? ""
                    } else if name == "pointerType" {
                        if try scanner.looseText() == "ERASER" { mark.tool = .eraser }
                    } else {
                        try walk(&scanner, depth: depth + 1)
                    }
                }
                if channels[.x] != nil, channels[.y] != nil { try strokes.append(channels, mark: mark, id: id) }
            default: try scanner.skip()
            }
        }
    }
}
