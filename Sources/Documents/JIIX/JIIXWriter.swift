import DuctusFoundations
import DuctusInk

/// JIIX: an object for each page, one a line, with the words, their candidates, and the strokes of each. Places are in mm where the page's
/// size is known, else in the ink's units.
public struct JIIXWriter: ReadingWriter {
    public static let name = "jiix"
    public static let fileExtension = "jiix"

    private let output: ([UInt8]) throws -> Void
    private static let millimetresPerPoint: Float = 25.4 / 72

    public init(title: String, output: @escaping ([UInt8]) throws -> Void) { self.output = output }

    public mutating func append(_ page: InkPage, _ reading: ReadPage) throws {
        try output(Array((Self.object(page, reading) + "\n").utf8))
    }

    public mutating func finish() throws {}

    /// A page as one JSON object, without line ends.
    public static func object(_ page: InkPage, _ reading: ReadPage, withStrokes: Bool = true) -> String {
        let scale = page.sheet.map { millimetresPerPoint / $0.unitsPerPoint } ?? 1
        var members = ["\"type\":\"Text\"", "\"id\":\(JSONText.quoted(page.ink.id))"]
        let lines = reading.pieces.filter { $0.kind == .text }
        let boxes = lines.map(\.box)
        if let first = boxes.first { members.append(box(boxes.dropFirst().reduce(first) { $0.union($1) }, scale)) }
        members.append("\"label\":\(JSONText.quoted(reading.text))")
        var words: [String] = []
        var rows: [String] = []
        var character = 0
        for (index, line) in lines.enumerated() {
            if index > 0 {
                words.append("{\"label\":\"\\n\",\"first-char\":\(character),\"last-char\":\(character)}")
                character += 1
            }
            let first = character
            for (number, word) in line.words.enumerated() {
                if number > 0 {
                    words.append("{\"label\":\" \",\"first-char\":\(character),\"last-char\":\(character)}")
                    character += 1
                }
                words.append(self.word(word, first: character, page, scale, withStrokes: withStrokes))
                character += word.text.count
            }
            rows.append(
                "{\"baseline-y\":\(number(line.box.maxY * scale)),\"first-char\":\(first),\"last-char\":\(max(first, character - 1)),\(box(line.box, scale))}"
            )
        }
        members.append("\"words\":[\(words.joined(separator: ","))]")
        members.append("\"lines\":[\(rows.joined(separator: ","))]")
        members.append("\"version\":\"3\"")
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func word(_ word: ReadWord, first: Int, _ page: InkPage, _ scale: Float, withStrokes: Bool) -> String
    {
        let candidates = word.candidates.isEmpty ? [word.text] : word.candidates.map(\.text)
        var members = [
            "\"label\":\(JSONText.quoted(word.text))",
            "\"candidates\":[\(candidates.map(JSONText.quoted).joined(separator: ","))]", "\"first-char\":\(first)",
            "\"last-char\":\(max(first, first + word.text.count - 1))", box(word.box, scale),
        ]
        if withStrokes {
            let items = word.strokes.filter(page.ink.strokes.indices.contains).map { item(page, $0, scale) }
            members.append("\"items\":[\(items.joined(separator: ","))]")
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func item(_ page: InkPage, _ index: Int, _ scale: Float) -> String {
        let samples = page.ink.strokes[index].samples
        let id =
            page.strokeIDs.indices.contains(index) && !page.strokeIDs[index].isEmpty
            ? page.strokeIDs[index] : "stroke-\(index)"
        func list(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }
        var members = [
            "\"type\":\"stroke\"", "\"id\":\(JSONText.quoted(id))",
            "\"X\":" + list(samples.map { number($0.x * scale) }),
            "\"Y\":" + list(samples.map { number($0.y * scale) }),
        ]
        if samples.contains(where: { $0.pressure != nil }) {
            members.append("\"F\":" + list(samples.map { number($0.pressure ?? 0) }))
        }
        if samples.allSatisfy({ $0.time != nil }) {
            members.append("\"T\":" + list(samples.map { NumberText.milliseconds($0.time ?? 0) }))
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func number(_ value: Float) -> String { NumberText.of(value) ?? "null" }

    private static func box(_ box: Bounds, _ scale: Float) -> String {
        "\"bounding-box\":{\"x\":\(number(box.minX * scale)),\"y\":\(number(box.minY * scale)),\"width\":\(number(box.width * scale)),\"height\":\(number(box.height * scale))}"
    }
}
