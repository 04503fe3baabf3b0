import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// Pictures in SVG whose lines are strokes: polylines, lines, and paths that are drawn rather than filled.
///
/// Curves become points. Outlines that are filled, as most programs export ink, show where ink is but not how it was written; they are
/// not read, and a file that has only those says so. Scalable Vector Graphics 1.1, chapters 7 to 9.
enum SVGFormat: XMLFormat {
    static let name = "SVG (polylines and drawn paths)"
    static let example = "<svg><polyline fill=\"none\" stroke=\"#000\" points=\"10,10 12,14\"/></svg>"

    static func recognizes(_ head: FileHead) -> Bool { head.element?.name == "svg" }

    static func read(
        _ scanner: inout XMLScanner, root: [String: String], name: String, options: ReadingOptions,
        _ pages: PageReceiver
    ) throws {
        var reader = SVGReader(limits: options.limits)
        try reader.readChildren(of: "svg", root, &scanner)
        guard !reader.strokes.isEmpty || reader.filled == 0 else {
            throw scanner.failure(
                "all \(reader.filled) shapes are filled outlines, which do not tell how they were written; export strokes (paths with fill=\"none\")"
            )
        }
        var page = InkPage(InkLine(id: name, strokes: reader.strokes), marks: reader.marks)
        let box = root["viewBox"].flatMap(NumberList.numbers(in:)) ?? []
        if box.count == 4, box[2] > 0, box[3] > 0 {
            page.sheet = Sheet(
                x: Float(box[0]), y: Float(box[1]), width: Float(box[2]), height: Float(box[3]), unitsPerPoint: 96 / 72)
        }
        _ = try pages(.success(page))
    }
}

/// Gathers the strokes of an SVG document.
struct SVGReader {
    /// The properties that an element inherits.
    private struct Style {
        var transform = PlaneTransform.identity
        var fill: String? = "black"
        var stroke: String?
        var width = 1.0
        var opacity = 1.0
        var isShown = true
    }

    private(set) var strokes: [Stroke] = []
    private(set) var marks: [StrokeMark] = []
    /// Outlines that were passed over.
    private(set) var filled = 0
    private var budget: InkBudget
    /// Declarations by the name of their class.
    private var classes: [String: String] = [:]
    private static let hidden: Set = [
        "defs", "clipPath", "mask", "symbol", "pattern", "marker", "metadata", "title", "desc",
    ]

    init(limits: InkLimits) { budget = InkBudget(limits) }

    mutating func readChildren(of name: String, _ attributes: [String: String], _ scanner: inout XMLScanner) throws {
        try readChildren(of: style(attributes, inheriting: Style()), &scanner)
    }

    private mutating func readChildren(of parent: Style, _ scanner: inout XMLScanner) throws {
        while let event = try scanner.next() {
            switch event {
            case .end: return
            case .text: continue
            case .start("style", _): readClasses(String(decoding: try scanner.elementText(), as: UTF8.self))
            case .start(let name, _) where Self.hidden.contains(name): try scanner.skipElement()
            case .start(let name, let attributes):
                let style = style(attributes, inheriting: parent)
                try draw(name, attributes, style, scanner)
                try readChildren(of: style, &scanner)
            }
        }
    }

    private mutating func draw(
        _ name: String, _ attributes: [String: String], _ style: Style, _ scanner: XMLScanner
    ) throws {
        var lines: [[(Double, Double)]] = []
        switch name {
        case "polyline", "polygon":
            guard let numbers = NumberList.numbers(in: attributes["points"] ?? "") else {
                throw scanner.failure("the points of a \(name) are no numbers")
            }
            var points = stride(from: 0, to: numbers.count - 1, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
            if name == "polygon", let first = points.first { points.append(first) }
            lines = [points]
        case "line":
            func number(_ name: String) -> Double { attributes[name].flatMap(Self.length) ?? 0 }
            lines = [[(number("x1"), number("y1")), (number("x2"), number("y2"))]]
        case "path":
            guard let path = SVGPath.lines(attributes["d"] ?? "") else {
                throw scanner.failure("the data of a path is broken")
            }
            lines = path
        default: return
        }
        guard style.isShown, let color = style.stroke else {
            if style.isShown, style.fill != nil { filled += 1 }
            return
        }
        if name == "path" || name == "polygon", let fill = style.fill, fill != "black" || attributes["fill"] != nil {
            filled += 1
            return
        }
        for points in lines where !points.isEmpty {
            try append(points, color: color, style)
        }
    }

    private mutating func append(_ points: [(Double, Double)], color: String, _ style: Style) throws {
        let samples = points.map { point in
            let (x, y) = style.transform.apply(point.0, point.1)
            return Sample(x: Float(x), y: Float(y))
        }
        let width = Float(style.width * style.transform.scale)
        let opacity = Float(min(1, max(0, style.opacity)))
        let mark = StrokeMark(
            tool: opacity < 0.6 ? .highlighter : .pen, color: Color(css: color) ?? .black, opacity: opacity,
            widths: [width])
        // Programs cut a stroke where its width changes.
        if let last = strokes.last?.samples.last, let first = samples.first, last.x == first.x, last.y == first.y,
            let before = marks.last, before.color == mark.color, before.tool == mark.tool, samples.count > 1
        {
            let count = strokes[strokes.count - 1].samples.count
            strokes[strokes.count - 1].samples += samples.dropFirst()
            var widths =
                before.widths.count == count ? before.widths : [Float](repeating: before.widths[0], count: count)
            widths += [Float](repeating: width, count: samples.count - 1)
            marks[marks.count - 1].widths = widths
            try budget.charge(Stroke(Array(samples.dropFirst())))
            return
        }
        strokes.append(Stroke(samples))
        marks.append(mark)
        try budget.charge(strokes[strokes.count - 1])
    }

    // MARK: style

    private mutating func readClasses(_ text: String) {
        guard text.utf8.count < 1 << 18 else { return }
        for rule in text.split(separator: "}") {
            guard let brace = rule.firstIndex(of: "{") else { continue }
            for selector in rule[..<brace].split(separator: ",") {
                let selector = selector.trimmingCharacters(in: .whitespacesAndNewlines)
                guard let dot = selector.lastIndex(of: ".") else { continue }
                classes[String(selector[selector.index(after: dot)...]), default: ""] +=
                    ";" + rule[rule.index(after: brace)...]
            }
        }
    }

    private func style(_ attributes: [String: String], inheriting parent: Style) -> Style {
        var style = parent
        style.transform = parent.transform.after(SVGTransform.parse(attributes["transform"] ?? ""))
        for name in ["fill", "stroke", "stroke-width", "opacity", "stroke-opacity", "display", "visibility"] {
            if let value = attributes[name] { apply(name, value, to: &style) }
        }
        for name in (attributes["class"] ?? "").split(separator: " ") { declare(classes[String(name)] ?? "", &style) }
        declare(attributes["style"] ?? "", &style)
        return style
    }

    private func declare(_ text: String, _ style: inout Style) {
        for declaration in text.split(separator: ";") {
            let parts = declaration.split(separator: ":", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            if parts.count == 2 { apply(parts[0], parts[1], to: &style) }
        }
    }

    private func apply(_ name: String, _ value: String, to style: inout Style) {
        switch name {
        case "fill": style.fill = value == "none" || value == "transparent" ? nil : value
        case "stroke": style.stroke = value == "none" || value == "transparent" ? nil : value
        case "stroke-width": style.width = Self.length(value) ?? style.width
        case "opacity", "stroke-opacity": style.opacity *= Double(value) ?? 1
        case "display" where value == "none": style.isShown = false
        case "visibility": style.isShown = value != "hidden"
        default: break
        }
    }

    /// A length's number; its unit is left out.
    private static func length(_ text: String) -> Double? {
        Double(text.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" })
    }
}

/// The value of `transform`.
enum SVGTransform {
    static func parse(_ text: String) -> PlaneTransform {
        var result = PlaneTransform.identity
        for part in text.split(separator: ")").prefix(64) {
            guard let open = part.firstIndex(of: "("),
                let n = NumberList.numbers(in: String(part[part.index(after: open)...])), n.allSatisfy(\.isFinite)
            else { continue }
            let name = part[..<open].trimmingCharacters(in: CharacterSet(charactersIn: ", \t\r\n"))
            result = result.after(map(name, n))
        }
        return result
    }

    private static func map(_ name: String, _ n: [Double]) -> PlaneTransform {
        switch (name, n.count) {
        case ("matrix", 6): return PlaneTransform(a: n[0], b: n[1], c: n[2], d: n[3], e: n[4], f: n[5])
        case ("translate", 1...2): return PlaneTransform(e: n[0], f: n.count > 1 ? n[1] : 0)
        case ("scale", 1...2): return PlaneTransform(a: n[0], d: n.count > 1 ? n[1] : n[0])
        case ("rotate", 1), ("rotate", 3):
            let angle = n[0] * .pi / 180
            let turn = PlaneTransform(a: cos(angle), b: sin(angle), c: -sin(angle), d: cos(angle))
            guard n.count == 3 else { return turn }
            return PlaneTransform(e: n[1], f: n[2]).after(turn).after(PlaneTransform(e: -n[1], f: -n[2]))
        case ("skewX", 1): return PlaneTransform(c: tan(n[0] * .pi / 180))
        case ("skewY", 1): return PlaneTransform(b: tan(n[0] * .pi / 180))
        default: return .identity
        }
    }
}
