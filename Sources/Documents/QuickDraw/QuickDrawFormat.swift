import DuctusFoundations
import DuctusInk

/// The drawings of "Quick, Draw!": an object per line with `"drawing": [[[x…],[y…],[t…]],…]`, times in ms (only in the raw files).
enum QuickDrawFormat: JSONFormat {
    static let name = "QuickDraw"
    static let splitsLists = true
    static let example = "Each line is an object such as {\"word\":\"line\",\"drawing\":[[[0,1],[0,1],[0,10]]]}."

    /// Strokes beside the drawing are our own lines, which may name drawn strokes.
    static func recognizes(_ head: FileHead) -> Bool {
        guard let members = head.json?.members else { return false }
        return members["drawing"]?.hasPrefix("[") == true && members["strokes"] == nil
    }

    struct Decoder: JSONPageDecoder {
        private var strokes: JSONStrokes

        init(options: ReadingOptions) { strokes = JSONStrokes(limits: options.limits) }

        mutating func decode(_ scanner: inout JSONScanner, number: Int) throws -> [InkPage] {
            var ink = InkLine(id: "line-\(number)", source: "quickdraw", strokes: [])
            strokes.removeAll()
            try scanner.object { scanner, name in
                switch name {
                case "key_id", "id": ink.id = try scanner.looseText() ?? ink.id
                case "drawing": try strokes.list(&scanner)
                default: try scanner.skip()
                }
            }
            ink.strokes = try strokes.strokes(scanner)
            var page = InkPage(ink)
            page.placement = strokes.placement
            return [page]
        }
    }
}
