import DuctusFoundations
import DuctusInk

/// Batch requests of the kind that iink clients send, `{"strokeGroups":[{"strokes":[{"x":[…],"y":[…],"t":[…],"p":[…],"pointerType":"PEN"}]}]}`,
/// and lists of strokes, `[{"type":"stroke","pointers":[{"x":…,"y":…,"t":…,"p":…}]}]`, as they store them.
enum IinkRequestFormat: JSONFormat {
    static let name = "iink requests"
    static let splitsLists = false
    static let example =
        "A request looks like {\"strokeGroups\":[{\"strokes\":[{\"x\":[0,1],\"y\":[0,1]}]}]}, a list of strokes like [{\"pointers\":[{\"x\":0,\"y\":1}]}]."

    static func recognizes(_ head: FileHead) -> Bool {
        guard let json = head.json else { return false }
        if json.members["strokeGroups"] != nil { return true }
        if json.members["strokes"]?.hasPrefix("[{") == true, json.members["contentType"] != nil { return true }
        guard json.isList else { return false }
        return json.members["pointers"] != nil || json.members["pointerType"] != nil || json.string("type") == "stroke"
            || json.members["x"]?.hasPrefix("[") == true
    }

    struct Decoder: JSONPageDecoder {
        private var strokes: JSONStrokes

        init(options: ReadingOptions) { strokes = JSONStrokes(limits: options.limits) }

        mutating func decode(_ scanner: inout JSONScanner, number: Int) throws -> [InkPage] {
            var page = InkPage(InkLine(id: "request-\(number)", strokes: []))
            strokes.removeAll()
            var (width, height, dotsPerInch) = (0.0, 0.0, 96.0)
            if scanner.peek() == UInt8(ascii: "[") {
                try strokes.list(&scanner)
            } else {
                try scanner.object { scanner, name in
                    switch name {
                    case "id": page.ink.id = try scanner.looseText() ?? page.ink.id
                    case "width": width = try scanner.looseNumber()
                    case "height": height = try scanner.looseNumber()
                    case "xDPI": dotsPerInch = try scanner.looseNumber()
                    case "strokes": try strokes.list(&scanner)
                    case "strokeGroups":
                        try scanner.array { scanner in
                            try scanner.object { scanner, name in
                                if name == "strokes" { try strokes.list(&scanner) } else { try scanner.skip() }
                            }
                        }
                    case "configuration": page.ink.language = try Self.language(&scanner)
                    default: try scanner.skip()
                    }
                }
            }
            page.ink.strokes = try strokes.strokes(scanner)
            page.marks = strokes.marks
            page.strokeIDs = strokes.ids.contains { !$0.isEmpty } ? strokes.ids : []
            page.placement = strokes.placement
            if width > 0, height > 0, dotsPerInch > 0, max(width, height, dotsPerInch) < 1e7 {
                page.sheet = Sheet(width: Float(width), height: Float(height), unitsPerPoint: Float(dotsPerInch / 72))
            }
            return [page]
        }

        /// `{"lang":"en_US"}`
        private static func language(_ scanner: inout JSONScanner) throws -> String? {
            guard scanner.peek() == UInt8(ascii: "{") else {
                try scanner.skip()
                return nil
            }
            var language: String?
            try scanner.object { scanner, name in
                if name == "lang" { language = try scanner.looseText() } else { try scanner.skip() }
            }
            return language?.replacing("_", with: "-")
        }
    }
}
