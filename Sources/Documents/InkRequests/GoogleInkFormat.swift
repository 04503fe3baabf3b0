import DuctusFoundations
import DuctusInk

/// Requests to the ink service behind Google's input tools: `{"requests":[{"writing_guide":{…},"ink":[[[x…],[y…],[t…]],…],"language":"en"}]}`.
/// Each request is a page.
enum GoogleInkFormat: JSONFormat {
    static let name = "Google ink requests"
    static let splitsLists = true
    static let example = "A request looks like {\"requests\":[{\"ink\":[[[0,1],[0,1],[0,10]]]}]}."

    static func recognizes(_ head: FileHead) -> Bool {
        guard let members = head.json?.members else { return false }
        return members["requests"]?.hasPrefix("[{") == true || members["ink"]?.hasPrefix("[[") == true
    }

    struct Decoder: JSONPageDecoder {
        private var strokes: JSONStrokes
        private let limits: InkLimits

        init(options: ReadingOptions) {
            limits = options.limits
            strokes = JSONStrokes(limits: limits)
        }

        mutating func decode(_ scanner: inout JSONScanner, number: Int) throws -> [InkPage] {
            var pages: [InkPage] = []
            var loose = InkPage(InkLine(id: "request-\(number)", strokes: []))
            var hasLooseInk = false
            try scanner.object { scanner, name in
                if name == "requests" {
                    try scanner.array { scanner in
                        guard pages.count < limits.pages else { throw InkExcess(what: "requests", limit: limits.pages) }
                        var page = InkPage(InkLine(id: "request-\(number)-\(pages.count + 1)", strokes: []))
                        try scanner.object { scanner, name in _ = try member(name, &scanner, of: &page) }
                        pages.append(page)
                    }
                } else if try member(name, &scanner, of: &loose) {
                    hasLooseInk = true
                }
            }
            return hasLooseInk ? pages + [loose] : pages
        }

        /// Reads a member of a request; true if it was the ink.
        private mutating func member(_ name: String, _ scanner: inout JSONScanner, of page: inout InkPage) throws
            -> Bool
        {
            switch name {
            case "language": page.ink.language = try scanner.looseText()
            case "ink":
                strokes.removeAll()
                try strokes.list(&scanner)
                page.ink.strokes = try strokes.strokes(scanner)
                page.placement = strokes.placement
                return true
            case "writing_guide":
                guard scanner.peek() == UInt8(ascii: "{") else {
                    try scanner.skip()
                    break
                }
                var (width, height) = (0.0, 0.0)
                try scanner.object { scanner, name in
                    switch name {
                    case "writing_area_width", "width": width = try scanner.looseNumber()
                    case "writing_area_height", "height": height = try scanner.looseNumber()
                    default: try scanner.skip()
                    }
                }
                if width > 0, height > 0, width < 1e7, height < 1e7 {
                    page.sheet = Sheet(width: Float(width), height: Float(height), unitsPerPoint: 96 / 72)
                }
            default: try scanner.skip()
            }
            return false
        }
    }
}
