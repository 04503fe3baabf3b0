import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// Drawings of Excalidraw: its elements of the type `freedraw`, points relative to the element's own place, turned by its angle.
enum ExcalidrawFormat: JSONFormat {
    static let name = "Excalidraw"
    static let splitsLists = false
    static let example =
        "A drawing looks like {\"type\":\"excalidraw\",\"elements\":[{\"type\":\"freedraw\",\"x\":0,\"y\":0,\"points\":[[0,0],[1,2]]}]}."

    static func recognizes(_ head: FileHead) -> Bool {
        head.json?.string("type")?.hasPrefix("excalidraw") == true
    }

    struct Decoder: JSONPageDecoder {
        private let limits: InkLimits

        init(options: ReadingOptions) { limits = options.limits }

        mutating func decode(_ scanner: inout JSONScanner, number: Int) throws -> [InkPage] {
            var page = InkPage(InkLine(id: "drawing-\(number)", strokes: []))
            var budget = InkBudget(limits)
            try scanner.object { scanner, name in
                guard name == "elements" else { return try scanner.skip() }
                try scanner.array { scanner in
                    guard let element = try Element(&scanner, limits), element.isInk else { return }
                    let stroke = element.stroke
                    try budget.charge(stroke)
                    page.ink.strokes.append(stroke)
                    page.marks.append(element.mark)
                    page.strokeIDs.append(element.id)
                }
            }
            return [page]
        }
    }

    /// An element of a drawing.
    private struct Element {
        var type = ""
        var id = ""
        var isDeleted = false
        var (x, y, angle) = (0.0, 0.0, 0.0)
        var numbers: [Double] = []
        var pressures: [Double] = []
        var mark = StrokeMark()

        var isInk: Bool { type == "freedraw" && !isDeleted && numbers.count >= 2 }

        init?(_ scanner: inout JSONScanner, _ limits: InkLimits) throws {
            var numbers: [Double] = []
            var pressures: [Double] = []
            var isSimulated = false
            guard scanner.peek() == UInt8(ascii: "{") else {
                try scanner.skip()
                return nil
            }
            var width = 1.0
            var opacity = 100.0
            try scanner.object { scanner, name in
                switch name {
                case "type": type = try scanner.looseText() ?? ""
                case "id": id = try scanner.looseText() ?? ""
                case "x": x = try scanner.looseNumber()
                case "y": y = try scanner.looseNumber()
                case "angle": angle = try scanner.looseNumber()
                case "isDeleted": isDeleted = try scanner.flag()
                case "simulatePressure": isSimulated = try scanner.flag()
                case "strokeWidth": width = try scanner.looseNumber()
                case "opacity": opacity = try scanner.looseNumber()
                case "strokeColor": mark.color = try scanner.looseText().flatMap(Color.init(css:)) ?? mark.color
                case "points":
                    guard scanner.peek() == UInt8(ascii: "[") else { return try scanner.skip() }
                    try scanner.array { scanner in
                        let before = numbers.count
                        try scanner.numbers(into: &numbers, atMost: 3 * limits.samples)
                        guard numbers.count >= before + 2 else { throw scanner.failure("a point has no x and y") }
                        numbers.removeLast(numbers.count - before - 2)
                    }
                case "pressures":
                    guard scanner.peek() == UInt8(ascii: "[") else { return try scanner.skip() }
                    try scanner.numbers(into: &pressures, atMost: limits.samples)
                default: try scanner.skip()
                }
            }
            self.numbers = numbers
            self.pressures = isSimulated ? [] : pressures
            mark.widths = width.isFinite && width > 0 ? [Float(2 * width)] : []
            mark.opacity = opacity.isFinite ? Float(min(1, max(0, opacity / 100))) : 1
            if mark.opacity < 0.6 { mark.tool = .highlighter }
        }

        var stroke: Stroke {
            let xs = stride(from: 0, to: numbers.count, by: 2).map { numbers[$0] }
            let ys = stride(from: 1, to: numbers.count, by: 2).map { numbers[$0] }
            // Turned about the middle of its box.
            let middle = (((xs.min() ?? 0) + (xs.max() ?? 0)) / 2, ((ys.min() ?? 0) + (ys.max() ?? 0)) / 2)
            let (cosine, sine) = (cos(angle), sin(angle))
            return Stroke(
                xs.indices.map { index in
                    let (dx, dy) = (xs[index] - middle.0, ys[index] - middle.1)
                    let pressure = index < pressures.count && !pressures[index].isNaN ? Float(pressures[index]) : nil
                    return Sample(
                        x: Float(x + middle.0 + cosine * dx - sine * dy),
                        y: Float(y + middle.1 + sine * dx + cosine * dy),
                        pressure: pressure)
                })
        }
    }
}

extension JSONScanner {
    /// Whether the value that is next is `true`.
    mutating func flag() throws -> Bool {
        let isTrue = peek() == UInt8(ascii: "t")
        try skip()
        return isTrue
    }
}
