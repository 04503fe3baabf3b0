import DuctusFoundations
import DuctusInk
import Foundation

/// The files of the IAM On-Line Handwriting Database (Liwicki and Bunke, ICDAR 2005): what an electronic whiteboard recorded.
///
/// `<WhiteboardCaptureSession>` holds `<StrokeSet>` with `<Stroke>` of `<Point x y time/>`; times are in seconds, y grows down. Files with
/// several stroke sets have a page for each.
enum IAMOnDBFormat: XMLFormat {
    static let name = "IAM-OnDB XML"
    static let example =
        "<WhiteboardCaptureSession><StrokeSet><Stroke><Point x=\"10\" y=\"20\" time=\"0.01\"/>…"

    static func recognizes(_ head: FileHead) -> Bool { head.element?.name == "WhiteboardCaptureSession" }

    static func read(
        _ scanner: inout XMLScanner, root: [String: String], name: String, options: ReadingOptions,
        _ pages: PageReceiver
    ) throws {
        var number = 0
        var writer: String?
        while let event = try scanner.next() {
            guard case .start(let element, let attributes) = event else { continue }
            if element == "Writer" || element == "WriterID" {
                writer = attributes["id"] ?? attributes["name"] ?? writer
            }
            guard element == "StrokeSet" else { continue }
            number += 1
            var budget = InkBudget(options.limits)
            var ink = InkLine(
                id: number == 1 ? name : "\(name)-\(number)", source: "iam-ondb", writer: writer, strokes: [])
            // Times count from the first, so that milliseconds keep their digits.
            var origin: Double?
            try scanner.forEachDescendant { scanner, element, attributes in
                switch element {
                case "Stroke": ink.strokes.append(Stroke())
                case "Point":
                    guard let x = attributes["x"].flatMap(Float.init), let y = attributes["y"].flatMap(Float.init)
                    else {
                        throw scanner.failure("a point without x and y")
                    }
                    if ink.strokes.isEmpty { ink.strokes.append(Stroke()) }
                    let time = attributes["time"].flatMap(Double.init).map { time -> Double in
                        origin = origin ?? time
                        return (time - (origin ?? 0)) * 1000
                    }
                    let sample = Sample(x: x, y: y, time: time.flatMap(Sample.time(milliseconds:)))
                    ink.strokes[ink.strokes.count - 1].samples.append(sample)
                    if ink.strokes[ink.strokes.count - 1].samples.count > options.limits.samples {
                        throw InkExcess(what: "samples", limit: options.limits.samples)
                    }
                default: break
                }
                return false
            }
            for stroke in ink.strokes { try budget.charge(stroke) }
            guard try pages(.success(InkPage(ink))) else { return }
        }
    }
}
