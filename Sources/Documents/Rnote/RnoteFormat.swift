import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// Documents of Rnote up to 0.12: gzip around JSON with the engine's snapshot. Its format is not stable: what is read are the brush strokes
/// of `stroke_components`, with the layers of `chrono_components`, and the size of the document.
enum RnoteFormat: JSONFormat {
    static let name = "Rnote (.rnote)"
    static let splitsLists = false
    static let example =
        "A document of Rnote has {\"data\":{\"engine_snapshot\":{\"stroke_components\":[…]}}}; save it with Rnote 0.5 to 0.12."

    static func recognizes(_ head: FileHead) -> Bool {
        guard let json = head.json, json.members["version"] != nil, let data = json.members["data"] else {
            return false
        }
        return data.hasPrefix("{\"engine_snapshot\"") || data.hasPrefix("{\"document\"")
            || data.hasPrefix("{\"engine_config\"")
    }

    struct Decoder: JSONPageDecoder {
        private let limits: InkLimits
        private var budget: InkBudget
        private var page = InkPage(InkLine(id: "note", strokes: []))
        /// Numbers of components, for their layers and their order.
        private var components: [Int] = []
        private var highlighted: Set<Int> = []
        private var times: [Int: Double] = [:]
        private var (width, height, dotsPerInch) = (0.0, 0.0, 96.0)

        init(options: ReadingOptions) {
            limits = options.limits
            budget = InkBudget(limits)
        }

        mutating func decode(_ scanner: inout JSONScanner, number: Int) throws -> [InkPage] {
            try snapshot(&scanner, depth: 0)
            for index in page.marks.indices where highlighted.contains(components[index]) {
                page.marks[index].tool = .highlighter
            }
            // In the order of writing, as far as it is known.
            let order = components.indices.sorted {
                (times[components[$0]] ?? 0, components[$0]) < (times[components[$1]] ?? 0, components[$1])
            }
            page.ink.strokes = order.map { page.ink.strokes[$0] }
            page.marks = order.map { page.marks[$0] }
            if width > 0, height > 0, dotsPerInch > 0, max(width, height, dotsPerInch) < 1e7 {
                page.sheet = Sheet(width: Float(width), height: Float(height), unitsPerPoint: Float(dotsPerInch / 72))
            }
            return [page]
        }

        private mutating func snapshot(_ scanner: inout JSONScanner, depth: Int) throws {
            try scanner.object { scanner, name in
                switch name {
                case "data", "engine_snapshot", "store_snapshot":
                    guard depth < 4, scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
                    try snapshot(&scanner, depth: depth + 1)
                case "document": try document(&scanner)
                case "stroke_components":
                    try slots(&scanner) { decoder, scanner, number in
                        if try decoder.component(&scanner) { decoder.components.append(number) }
                    }
                case "chrono_components":
                    try slots(&scanner) { decoder, scanner, number in try decoder.chronology(&scanner, number) }
                default: try scanner.skip()
                }
            }
        }

        private mutating func document(_ scanner: inout JSONScanner) throws {
            guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
            try scanner.object { scanner, name in
                guard name == "format" || name == "config", scanner.peek() == UInt8(ascii: "{") else {
                    return try scanner.skip()
                }
                try scanner.object { scanner, name in
                    if name == "format" { return try format(&scanner) }
                    try formatMember(name, &scanner)
                }
            }
        }

        private mutating func format(_ scanner: inout JSONScanner) throws {
            guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
            try scanner.object { scanner, name in try formatMember(name, &scanner) }
        }

        private mutating func formatMember(_ name: String, _ scanner: inout JSONScanner) throws {
            switch name {
            case "width": width = try scanner.looseNumber()
            case "height": height = try scanner.looseNumber()
            case "dpi": dotsPerInch = try scanner.looseNumber()
            default: try scanner.skip()
            }
        }

        /// Calls `body` at the value of each slot that is in use: `[{"value":…,"version":1},…]`.
        private mutating func slots(
            _ scanner: inout JSONScanner, _ body: (inout Decoder, inout JSONScanner, Int) throws -> Void
        ) throws {
            guard scanner.peek() == UInt8(ascii: "[") else { return try scanner.skip() }
            var number = -1
            try scanner.array { scanner in
                number += 1
                guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
                try scanner.object { scanner, name in
                    guard name == "value", scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
                    try body(&self, &scanner, number)
                }
            }
        }

        /// `{"t":3,"layer":"highlighter"}`
        private mutating func chronology(_ scanner: inout JSONScanner, _ number: Int) throws {
            try scanner.object { scanner, name in
                switch name {
                case "t": times[number] = try scanner.looseNumber()
                case "layer":
                    if try scanner.looseText()?.lowercased() == "highlighter" { highlighted.insert(number) }
                default: try scanner.skip()
                }
            }
        }

        /// A stroke; false if it is no brush stroke.
        private mutating func component(_ scanner: inout JSONScanner) throws -> Bool {
            var stroke = Stroke()
            var mark = StrokeMark()
            var isBrush = false
            try scanner.object { scanner, name in
                guard name == "brushstroke", scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
                isBrush = true
                try scanner.object { scanner, name in
                    switch name {
                    case "path": try path(&scanner, &stroke)
                    case "style": try style(&scanner, &mark, depth: 0)
                    default: try scanner.skip()
                    }
                }
            }
            guard isBrush, !stroke.samples.isEmpty else { return false }
            if mark.opacity < 0.6 { mark.tool = .highlighter }
            try budget.charge(stroke)
            page.ink.strokes.append(stroke)
            page.marks.append(mark)
            return true
        }

        /// `{"start":{"pos":[x,y],"pressure":0.5},"segments":[{"lineto":{"end":{…}}},…]}`; older files have a list of segments alone.
        private func path(_ scanner: inout JSONScanner, _ stroke: inout Stroke) throws {
            if scanner.peek() == UInt8(ascii: "[") { return try scanner.array { try segment(&$0, &stroke) } }
            try scanner.object { scanner, name in
                switch name {
                case "start": try element(&scanner, &stroke)
                case "segments": try scanner.array { try segment(&$0, &stroke) }
                default: try scanner.skip()
                }
            }
        }

        private func segment(_ scanner: inout JSONScanner, _ stroke: inout Stroke) throws {
            try scanner.object { scanner, _ in
                guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
                try scanner.object { scanner, name in
                    if name == "end" || name == "element" { try element(&scanner, &stroke) } else { try scanner.skip() }
                }
            }
        }

        /// `{"pos":[x,y],"pressure":0.5}`
        private func element(_ scanner: inout JSONScanner, _ stroke: inout Stroke) throws {
            var place: [Double] = []
            var pressure = Double.nan
            guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
            try scanner.object { scanner, name in
                switch name {
                case "pos": try scanner.numbers(into: &place, atMost: 2)
                case "pressure": pressure = try scanner.looseNumber()
                default: try scanner.skip()
                }
            }
            guard place.count == 2 else { throw scanner.failure("a point has no place") }
            stroke.samples.append(
                Sample(x: Float(place[0]), y: Float(place[1]), pressure: pressure.isNaN ? nil : Float(pressure)))
        }

        /// `{"smooth":{"stroke_width":2,"stroke_color":{"r":0,"g":0,"b":0,"a":1}}}`
        private func style(_ scanner: inout JSONScanner, _ mark: inout StrokeMark, depth: Int) throws {
            guard depth < 6, scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
            try scanner.object { scanner, name in
                switch name {
                case "stroke_width":
                    let width = try scanner.looseNumber()
                    if width > 0, width < 1e6 { mark.widths = [Float(width)] }
                case "stroke_color":
                    guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
                    var channels: [String: Double] = [:]
                    try scanner.object { scanner, name in channels[name] = try scanner.looseNumber() }
                    func channel(_ name: String) -> UInt8 {
                        let value = channels[name] ?? 0
                        return UInt8(value.isFinite ? min(255, max(0, value * 255)) : 0)
                    }
                    mark.color = Color(red: channel("r"), green: channel("g"), blue: channel("b"))
                    let opacity = channels["a"] ?? 1
                    mark.opacity = opacity.isFinite ? Float(min(1, max(0, opacity))) : 1
                default: try style(&scanner, &mark, depth: depth + 1)
                }
            }
        }
    }
}
