import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// A page of a reMarkable tablet (`.rm`), in the versions 3 and 5 (layers of lines) and 6 (a sequence of tagged blocks).
///
/// 1404 × 1872 units of 1/226 inch, y down; in version 6 x counts from the middle. Times are not kept.
enum ReMarkableFormat: WholeFileFormat {
    static let name = "reMarkable pages (.rm)"
    static let magic = "reMarkable .lines file, version="
    static let remedy = "This is a page of a reMarkable tablet; the versions 3, 5 and 6 are read. Export it again."

    static func recognizes(_ head: FileHead) -> Bool { head.bytes.starts(with: Array(magic.utf8)) }

    static func read(_ data: Data, path: String, options: ReadingOptions, _ pages: PageReceiver) throws {
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        _ = try pages(.success(page(of: [UInt8](data), path: path, place: "the page", id: name, options.limits)))
    }

    /// - Parameter place: what the page is called in messages.
    static func page(
        of bytes: [UInt8], path: String, place: String, id: String, _ limits: InkLimits
    ) throws(FileError) -> InkPage {
        let version = bytes.dropFirst(magic.utf8.count).first.map { Int($0) - 0x30 } ?? 0
        do {
            guard bytes.starts(with: Array(magic.utf8)), bytes.count >= 43 else {
                throw BinaryReader.Failure(reason: "no page of a reMarkable begins like this", position: 0)
            }
            let body = BinaryReader(bytes[43...])
            var lines: [ReMarkableLine]
            switch version {
            case 3, 5: lines = try ReMarkableLines.layers(body, version: version, limits)
            case 6: lines = try ReMarkableBlocks.lines(body, limits)
            default: throw BinaryReader.Failure(reason: "version \(version) of the format is not known", position: 32)
            }
            lines.removeAll { $0.stroke.samples.isEmpty }
            var page = InkPage(InkLine(id: id, strokes: lines.map(\.stroke)), marks: lines.map(\.mark))
            page.sheet = Sheet(x: version == 6 ? -702 : 0, width: 1404, height: 1872, unitsPerPoint: 226 / 72)
            return page
        } catch let failure as BinaryReader.Failure {
            throw .broken(
                path: path, place: "\(place), byte \(failure.position)", reason: failure.reason, remedy: remedy)
        } catch let excess as InkExcess {
            throw .tooLarge(path: path, line: 1, what: excess.what, limit: excess.limit)
        } catch {
            throw .broken(path: path, place: place, reason: "\(error)", remedy: remedy)
        }
    }
}

/// A line as the tablet keeps it.
struct ReMarkableLine {
    var stroke: Stroke
    var mark: StrokeMark

    /// - Parameters:
    ///   - tool, color: the tablet's numbers.
    ///   - widths: one per sample.
    init(_ samples: [Sample], tool: UInt32, color: UInt32, widths: [Float]) {
        stroke = Stroke(samples)
        mark = StrokeMark(tool: Self.tool(tool), color: Self.color(color), widths: widths)
        if mark.tool == .highlighter { mark.opacity = 0.4 }
    }

    private static func tool(_ number: UInt32) -> StrokeMark.Tool {
        switch number {
        case 6, 8: .eraser
        // The shader of later firmware lies below writing, too.
        case 5, 18, 23: .highlighter
        default: .pen
        }
    }

    private static func color(_ number: UInt32) -> Color {
        switch number {
        case 1, 8: Color(red: 125, green: 125, blue: 125)
        case 2: .white
        case 3, 9, 13: Color(red: 250, green: 220, blue: 60)
        case 4, 10: Color(red: 60, green: 160, blue: 70)
        case 5: Color(red: 240, green: 120, blue: 180)
        case 6: Color(red: 50, green: 90, blue: 200)
        case 7: Color(red: 200, green: 50, blue: 50)
        case 11: Color(red: 60, green: 170, blue: 200)
        case 12: Color(red: 190, green: 60, blue: 190)
        default: .black
        }
    }
}

/// Versions 3 and 5: layers of lines of points.
enum ReMarkableLines {
    static func layers(_ reader: BinaryReader, version: Int, _ limits: InkLimits) throws -> [ReMarkableLine] {
        var reader = reader
        var lines: [ReMarkableLine] = []
        var budget = InkBudget(limits)
        for _ in 0..<(try reader.integer(UInt32.self)) {
            for _ in 0..<(try reader.integer(UInt32.self)) {
                let tool = try reader.integer(UInt32.self)
                let color = try reader.integer(UInt32.self)
                // Padding and the size of the tip; version 5 has one number more.
                try reader.skip(version == 5 ? 12 : 8)
                let count = Int(try reader.integer(UInt32.self))
                guard count <= reader.remaining / 24 else {
                    throw reader.failure("a line has more points than the page")
                }
                var samples: [Sample] = []
                var widths: [Float] = []
                for _ in 0..<count {
                    let (x, y) = (try reader.float(), try reader.float())
                    try reader.skip(8)
                    let (width, pressure) = (try reader.float(), try reader.float())
                    samples.append(Sample(x: x, y: y, pressure: min(1, max(0, pressure))))
                    widths.append(width.isFinite ? max(0, width) : 1)
                }
                lines.append(ReMarkableLine(samples, tool: tool, color: color, widths: widths))
                try budget.charge(lines[lines.count - 1].stroke)
            }
        }
        return lines
    }
}
