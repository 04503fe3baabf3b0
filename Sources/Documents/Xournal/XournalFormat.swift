import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// Documents of Xournal++ (`.xopp`) and Xournal (`.xoj`): XML, mostly gzip-compressed, or a zip archive around it.
///
/// A page has a size in points and layers of strokes; a stroke has its tool, its colour, its width (with pressure one for each stretch
/// between two points) and its points. Times are not kept. Described in Xournal's manual and in Xournal++'s own files.
enum XournalFormat: XMLFormat {
    static let name = "Xournal++ (.xopp)"
    static let example =
        "<xournal><page width=\"595\" height=\"842\"><layer><stroke tool=\"pen\" …>10 10 12 14</stroke>…"

    static func recognizes(_ head: FileHead) -> Bool { head.element?.name == "xournal" }

    static func read(
        _ scanner: inout XMLScanner, root: [String: String], name: String, options: ReadingOptions,
        _ pages: PageReceiver
    ) throws {
        var number = 0
        var goesOn = true
        while goesOn, let event = try scanner.next() {
            guard case .start(let element, let attributes) = event, element == "page" else { continue }
            number += 1
            guard number <= options.limits.pages else { throw InkExcess(what: "pages", limit: options.limits.pages) }
            let page = try page(&scanner, attributes, id: "\(name)-\(number)", options.limits)
            goesOn = try pages(.success(page))
        }
    }

    private static func page(
        _ scanner: inout XMLScanner, _ attributes: [String: String], id: String, _ limits: InkLimits
    ) throws -> InkPage {
        var page = InkPage(InkLine(id: id, strokes: []))
        if let width = attributes["width"].flatMap(Float.init), let height = attributes["height"].flatMap(Float.init),
            width > 0, height > 0, width.isFinite, height.isFinite
        {
            page.sheet = Sheet(width: width, height: height)
        }
        var budget = InkBudget(limits)
        try scanner.forEachDescendant { scanner, name, attributes in
            switch name {
            case "stroke":
                let (stroke, mark) = try self.stroke(&scanner, attributes)
                guard !stroke.samples.isEmpty else { return true }
                try budget.charge(stroke)
                page.ink.strokes.append(stroke)
                page.marks.append(mark)
            case "image", "teximage", "text": try scanner.skipElement()
            default: return false
            }
            return true
        }
        return page
    }

    private static func stroke(
        _ scanner: inout XMLScanner, _ attributes: [String: String]
    ) throws -> (Stroke, StrokeMark) {
        let start = scanner.position
        guard let numbers = NumberList.numbers(in: try scanner.elementText()), numbers.count % 2 == 0 else {
            throw XMLScanner.Failure(
                reason: "a stroke's text is not pairs of numbers", line: scanner.line(at: start))
        }
        var mark = StrokeMark()
        switch attributes["tool"] {
        case "highlighter": mark.tool = .highlighter
        case "eraser": mark.tool = .eraser
        default: mark.tool = .pen
        }
        mark.color = attributes["color"].flatMap(Color.init(css:)) ?? .black
        mark.opacity = mark.tool == .highlighter ? 0.5 : 1
        let widths = (NumberList.numbers(in: attributes["width"] ?? "") ?? []).map(Float.init)
        let pressures = (NumberList.numbers(in: attributes["pressures"] ?? "") ?? []).map(Float.init)
        let count = numbers.count / 2
        let nominal = widths.first ?? 1
        // One value for each stretch between two points; the last point has its last stretch's.
        let stretches = widths.count > 1 ? Array(widths.dropFirst()) : pressures
        mark.widths = [nominal]
        if !stretches.isEmpty, count > 1 {
            mark.widths = (0..<count).map { max(0, stretches[min($0, stretches.count - 1)]) }
        }
        let samples = (0..<count).map { index in
            var sample = Sample(x: Float(numbers[2 * index]), y: Float(numbers[2 * index + 1]))
            if mark.widths.count == count, count > 1, nominal > 0 {
                sample.pressure = min(1, mark.widths[index] / nominal)
            }
            return sample
        }
        return (Stroke(samples), mark)
    }
}
