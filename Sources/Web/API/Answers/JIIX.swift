import DuctusWire

/// A reading as JIIX: text with words, characters, lines, and the strokes of each.
enum JIIX {
    /// How ink is given in it.
    struct Options: Sendable {
        /// Millimetres per unit of x and y; JIIX counts millimetres.
        var scaleX: Float = 25.4 / 96
        var scaleY: Float = 25.4 / 96
        /// Whether the strokes' points are given, not only their names.
        var points = false
        /// Names of the strokes, where the client gave some.
        var strokeNames: [String] = []

        init() {}
    }

    static func text(_ ink: RecognizedInk, _ options: Options = Options()) -> String {
        let lines = ink.reading.pieces.filter { $0.kind == .text }
        var json = JSONWriter()
        json.object { json in
            json.member("type", "Text")
            json.member("id", "MainBlock")
            json.member("version", "3")
            json.member("label", lines.map(\.text).joined(separator: "\n"))
            if let box = union(lines.map(\.box)) { write(box, &json, options) }
            json.name("words")
            json.array { words(lines, ink, &$0, options) }
            json.name("chars")
            json.array { characters(lines, &$0, options) }
            json.name("lines")
            json.array { rows(lines, &$0, options) }
        }
        return json.text
    }

    private static func words(
        _ lines: [WireRecognizedPiece], _ ink: RecognizedInk, _ json: inout JSONWriter, _ options: Options
    ) {
        var character = 0
        for (index, line) in lines.enumerated() {
            if index > 0 {
                json.object {
                    $0.member("label", "\n")
                    $0.member("first-char", character)
                    $0.member("last-char", character)
                }
                character += 1
            }
            for (number, word) in line.words.enumerated() {
                if number > 0 {
                    json.object {
                        $0.member("label", " ")
                        $0.member("first-char", character)
                        $0.member("last-char", character)
                    }
                    character += 1
                }
                json.object {
                    $0.member("id", "word/\(index)/\(number)")
                    $0.member("label", word.text)
                    $0.name("candidates")
                    $0.array { json in for candidate in word.candidates { json.value(candidate.text) } }
                    $0.member("first-char", character)
                    $0.member("last-char", character + max(1, word.text.count) - 1)
                    write(word.box, &$0, options)
                    $0.name("items")
                    $0.array { json in for stroke in word.strokes { item(Int(stroke), ink, &json, options) } }
                }
                character += word.text.count
            }
        }
    }

    private static func characters(_ lines: [WireRecognizedPiece], _ json: inout JSONWriter, _ options: Options) {
        var word = 0
        for (index, line) in lines.enumerated() {
            if index > 0 {
                plain("\n", word: word, &json)
                word += 1
            }
            for symbol in line.symbols {
                if symbol.text == " " {
                    plain(" ", word: word + 1, &json)
                    word += 2
                    continue
                }
                json.object {
                    $0.member("label", symbol.text)
                    $0.name("candidates")
                    $0.array { $0.value(symbol.text) }
                    $0.member("word", word)
                    $0.name("grid")
                    $0.array { json in
                        let box = symbol.box
                        for (x, y) in [
                            (box.x, box.y), (box.x + box.width, box.y), (box.x + box.width, box.y + box.height),
                            (box.x, box.y + box.height),
                        ] {
                            json.object {
                                $0.member("x", x * options.scaleX)
                                $0.member("y", y * options.scaleY)
                            }
                        }
                    }
                    write(symbol.box, &$0, options)
                }
            }
            word += 1
        }
    }

    private static func plain(_ label: String, word: Int, _ json: inout JSONWriter) {
        json.object {
            $0.member("label", label)
            $0.member("word", word)
        }
    }

    private static func rows(_ lines: [WireRecognizedPiece], _ json: inout JSONWriter, _ options: Options) {
        var character = 0
        for line in lines {
            json.object {
                $0.member("baseline-y", (line.box.y + line.box.height) * options.scaleY)
                $0.member("x-height", line.box.height / 2 * options.scaleY)
                $0.member("first-char", character)
                $0.member("last-char", character + max(1, line.text.count) - 1)
                write(line.box, &$0, options)
            }
            character += line.text.count + 1
        }
    }

    private static func item(_ stroke: Int, _ ink: RecognizedInk, _ json: inout JSONWriter, _ options: Options) {
        json.object {
            $0.member("type", "stroke")
            $0.member("id", options.strokeNames.indices.contains(stroke) ? options.strokeNames[stroke] : "\(stroke)")
            guard options.points, ink.asked.strokes.indices.contains(stroke) else { return }
            let points = ink.asked.strokes[stroke]
            $0.name("X")
            $0.array { json in for x in points.x { json.value(x * options.scaleX) } }
            $0.name("Y")
            $0.array { json in for y in points.y { json.value(y * options.scaleY) } }
            if !points.time.isEmpty {
                var now: Int64 = 0
                $0.name("T")
                $0.array { json in
                    for step in points.time {
                        now &+= step
                        json.value(Int(now / 1000))
                    }
                }
            }
            if !points.pressure.isEmpty {
                $0.name("F")
                $0.array { json in for pressure in points.pressure { json.value(pressure) } }
            }
        }
    }

    private static func write(_ box: WireRecognizedBox, _ json: inout JSONWriter, _ options: Options) {
        json.name("bounding-box")
        json.object {
            $0.member("x", box.x * options.scaleX)
            $0.member("y", box.y * options.scaleY)
            $0.member("width", box.width * options.scaleX)
            $0.member("height", box.height * options.scaleY)
        }
    }

    private static func union(_ boxes: [WireRecognizedBox]) -> WireRecognizedBox? {
        guard let first = boxes.first else { return nil }
        return boxes.dropFirst().reduce(first) { all, box in
            .with {
                $0.x = min(all.x, box.x)
                $0.y = min(all.y, box.y)
                $0.width = max(all.x + all.width, box.x + box.width) - $0.x
                $0.height = max(all.y + all.height, box.y + box.height) - $0.y
            }
        }
    }
}
