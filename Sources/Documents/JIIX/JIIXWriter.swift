import DuctusFoundations
import DuctusInk

/// Writes JIIX (MyScript's JSON Interactive Ink eXchange, version 3): an object for each page, one a line, with the words, their candidates and
/// strokes, the characters and the lines. Places are in mm where the page's size is known, else in the ink's units.
public struct JIIXWriter: ReadingWriter {
    public static let name = "jiix"
    public static let fileExtension = "jiix"

    private let output: ([UInt8]) throws -> Void

    /// A writer of one document. JIIX has no title, so `title` is not used.
    ///
    /// - Parameter output: takes the bytes, a page at a time.
    public init(title: String, output: @escaping ([UInt8]) throws -> Void) { self.output = output }

    public mutating func append(_ page: InkPage, _ reading: ReadPage) throws {
        try output(Array((Self.object(page, reading) + "\n").utf8))
    }

    public mutating func finish() throws {}

    /// A page as one JSON object, without line ends.
    public static func object(_ page: InkPage, _ reading: ReadPage, _ options: JIIXOptions = JIIXOptions()) -> String {
        JIIXPage(page: page, reading: reading, options: options).text
    }
}

/// One page that is written as JIIX.
private struct JIIXPage {
    let page: InkPage
    let lines: [ReadPiece]
    let label: String
    let id: String
    let givesPoints: Bool
    /// Millimetres per unit.
    let scaleX, scaleY: Float

    private static let millimetresPerPoint: Float = 25.4 / 72

    init(page: InkPage, reading: ReadPage, options: JIIXOptions) {
        self.page = page
        lines = reading.pieces.filter { $0.kind == .text }
        label = reading.text
        id = page.ink.id
        givesPoints = options.givesPoints
        let scale = page.sheet.map { Self.millimetresPerPoint / $0.unitsPerPoint } ?? 1
        scaleX = options.scaleX ?? scale
        scaleY = options.scaleY ?? scale
    }

    var text: String {
        var json = JSONWriter()
        json.object { json in
            json.member("type", "Text")
            json.member("id", id)
            json.member("version", "3")
            json.member("label", label)
            if let first = lines.first { box(lines.dropFirst().reduce(first.box) { $0.union($1.box) }, &json) }
            json.name("words")
            json.array(words)
            if lines.contains(where: { !$0.characters.isEmpty }) {
                json.name("chars")
                json.array(characters)
            }
            json.name("lines")
            json.array(rows)
        }
        return json.text
    }

    private func words(_ json: inout JSONWriter) {
        var character = 0
        func separator(_ label: String) {
            json.object {
                $0.member("label", label)
                extent(character, 1, &$0)
            }
            character += 1
        }
        for (index, line) in lines.enumerated() {
            if index > 0 { separator("\n") }
            for (number, word) in line.words.enumerated() {
                if number > 0 { separator(" ") }
                json.object {
                    $0.member("id", "word/\(index)/\(number)")
                    $0.member("label", word.text)
                    $0.name("candidates")
                    let candidates = word.candidates.isEmpty ? [word.text] : word.candidates.map(\.text)
                    $0.array { json in for candidate in candidates { json.value(candidate) } }
                    extent(character, word.text.count, &$0)
                    box(word.box, &$0)
                    $0.name("items")
                    $0.array { json in
                        for stroke in word.strokes where page.ink.strokes.indices.contains(stroke) {
                            item(stroke, &json)
                        }
                    }
                }
                character += word.text.count
            }
        }
    }

    /// Each names its word by the index in the list of words, where spaces and line ends count.
    private func characters(_ json: inout JSONWriter) {
        var word = 0
        func separator(_ label: String) {
            json.object {
                $0.member("label", label)
                $0.member("word", word)
            }
        }
        for (index, line) in lines.enumerated() {
            if index > 0 {
                separator("\n")
                word += 1
            }
            for character in line.characters {
                if character.text == " " {
                    word += 1
                    separator(" ")
                    word += 1
                    continue
                }
                json.object {
                    $0.member("label", character.text)
                    $0.name("candidates")
                    $0.array { $0.value(character.text) }
                    $0.member("word", word)
                    $0.name("grid")
                    $0.array { json in
                        let box = character.box
                        for (x, y) in [
                            (box.minX, box.minY), (box.maxX, box.minY), (box.maxX, box.maxY), (box.minX, box.maxY),
                        ] {
                            json.object {
                                $0.member("x", x * scaleX)
                                $0.member("y", y * scaleY)
                            }
                        }
                    }
                    box(character.box, &$0)
                }
            }
            word += 1
        }
    }

    private func rows(_ json: inout JSONWriter) {
        var character = 0
        for line in lines {
            json.object {
                $0.member("baseline-y", line.box.maxY * scaleY)
                $0.member("x-height", line.box.height / 2 * scaleY)
                extent(character, line.text.count, &$0)
                box(line.box, &$0)
            }
            character += line.text.count + 1
        }
    }

    private func item(_ index: Int, _ json: inout JSONWriter) {
        json.object {
            let isNamed = page.strokeIDs.indices.contains(index) && !page.strokeIDs[index].isEmpty
            $0.member("type", "stroke")
            $0.member("id", isNamed ? page.strokeIDs[index] : "stroke-\(index)")
            guard givesPoints else { return }
            let samples = page.ink.strokes[index].samples
            $0.name("X")
            $0.array { json in for sample in samples { json.value(sample.x * scaleX) } }
            $0.name("Y")
            $0.array { json in for sample in samples { json.value(sample.y * scaleY) } }
            if samples.contains(where: { $0.pressure != nil }) {
                $0.name("F")
                $0.array { json in for sample in samples { json.value(sample.pressure ?? 0) } }
            }
            if samples.allSatisfy({ $0.time != nil }) {
                $0.name("T")
                $0.array { json in for sample in samples { json.raw(NumberText.milliseconds(sample.time ?? 0)) } }
            }
        }
    }

    /// The characters that a word or a line stands for; one that is empty stands for the one after it.
    private func extent(_ first: Int, _ count: Int, _ json: inout JSONWriter) {
        json.member("first-char", first)
        json.member("last-char", first + max(1, count) - 1)
    }

    private func box(_ box: Bounds, _ json: inout JSONWriter) {
        json.name("bounding-box")
        json.object {
            $0.member("x", box.minX * scaleX)
            $0.member("y", box.minY * scaleY)
            $0.member("width", box.width * scaleX)
            $0.member("height", box.height * scaleY)
        }
    }
}
