import DuctusFoundations
import DuctusInk
import Foundation

/// Wacom's older ink files (`.will`, WILL 2): RIFF whose chunk `INK ` has a Protocol Buffers message for each path, its length before it.
///
/// A path has its places as differences with a decimal precision, x and y in turn.
enum WILLFormat: WholeFileFormat {
    static let name = "Wacom WILL (.will)"

    static func recognizes(_ head: FileHead) -> Bool {
        head.bytes.starts(with: Array("RIFF".utf8)) && head.bytes.dropFirst(8).starts(with: Array("WILL".utf8))
    }

    static func read(_ data: Data, path: String, options: ReadingOptions, _ pages: PageReceiver) throws {
        do {
            var page = InkPage(
                InkLine(id: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, strokes: []))
            var budget = InkBudget(options.limits)
            var reader = BinaryReader([UInt8](data)[...])
            try reader.skip(12)
            while reader.remaining >= 8 {
                let tag = String(decoding: try reader.bytes(4), as: UTF8.self)
                let length = Int(try reader.integer(UInt32.self))
                var chunk = BinaryReader(try reader.bytes(length))
                if length % 2 == 1, reader.remaining > 0 { try reader.skip(1) }
                guard tag == "INK " else { continue }
                while chunk.remaining > 0 {
                    let stroke = try stroke(ProtobufReader(chunk.bytes(chunk.length())))
                    try budget.charge(stroke)
                    if !stroke.samples.isEmpty { page.ink.strokes.append(stroke) }
                }
            }
            _ = try pages(.success(page))
        } catch let failure as BinaryReader.Failure {
            throw FileError.broken(
                path: path, place: "byte \(failure.position)", reason: failure.reason,
                remedy: "This is Wacom's WILL 2; save it again.")
        } catch let excess as InkExcess {
            throw FileError.tooLarge(path: path, line: 1, what: excess.what, limit: excess.limit)
        }
    }

    private static func stroke(_ message: ProtobufReader) throws -> Stroke {
        var message = message
        var precision = 0
        var differences: [Int64] = []
        while let (field, value) = try message.next() {
            switch field {
            case 3: precision = min(15, max(0, value.integer ?? 0))
            case 4: differences += try value.signedIntegers()
            default: continue
            }
        }
        let factor = (0..<precision).reduce(1.0) { factor, _ in factor * 10 }
        var (x, y): (Int64, Int64) = (0, 0)
        return Stroke(
            stride(from: 0, to: differences.count - 1, by: 2).map { index in
                x &+= differences[index]
                y &+= differences[index + 1]
                return Sample(x: Float(Double(x) / factor), y: Float(Double(y) / factor))
            })
    }
}
