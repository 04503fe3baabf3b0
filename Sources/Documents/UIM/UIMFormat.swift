import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// Wacom's Universal Ink Model, version 3.1 (`.uim`): RIFF with a Protocol Buffers message in each chunk.
///
/// Read are the strokes of the chunk `INKD`: splines whose control points are the places, with widths and colours, whole or as differences with
/// a decimal precision. Chunks may be deflated. Times are in the sensors' chunk and are not read.
enum UIMFormat: WholeFileFormat {
    static let name = "Wacom UIM (.uim)"

    static func recognizes(_ head: FileHead) -> Bool {
        head.bytes.starts(with: Array("RIFF".utf8)) && head.bytes.dropFirst(8).starts(with: Array("UINK".utf8))
    }

    static func read(_ data: Data, path: String, options: ReadingOptions, _ pages: PageReceiver) throws {
        func broken(_ place: String, _ reason: String) -> FileError {
            .broken(
                path: path, place: place, reason: reason,
                remedy: "This is Wacom's Universal Ink Model; version 3.1 is read.")
        }
        do {
            var page = InkPage(
                InkLine(id: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, strokes: []))
            var reader = BinaryReader([UInt8](data)[...])
            try reader.skip(12)
            var compressions: [UInt8] = []
            var number = 0
            var hasInk = false
            while reader.remaining >= 8 {
                let tag = String(decoding: try reader.take(4), as: UTF8.self)
                let length = Int(try reader.integer(UInt32.self))
                let chunk = try reader.take(length)
                if length % 2 == 1, reader.remaining > 0 { try reader.skip(1) }
                if tag == "HEAD" {
                    guard chunk.first == 3, chunk.dropFirst().first == 1 else {
                        let version = chunk.prefix(2).map(String.init).joined(separator: ".")
                        throw broken(
                            "the header", "version \(version) is not read; save it with a program that writes 3.1")
                    }
                    // A description of eight bytes for each chunk that follows: version, content, compression.
                    compressions = stride(from: chunk.startIndex + 4, to: chunk.endIndex - 4, by: 8).map {
                        chunk[$0 + 4]
                    }
                    continue
                }
                defer { number += 1 }
                guard tag == "INKD" else { continue }
                hasInk = true
                var content = chunk
                switch number < compressions.count ? compressions[number] : 0 {
                case 0: break
                case 1:
                    switch Deflate.inflated(chunk, isRaw: false, limit: options.limits.fileBytes) {
                    case .success(let bytes): content = bytes[...]
                    case .failure(.tooLarge):
                        throw FileError.tooLarge(
                            path: path, line: 1, what: "bytes unpacked", limit: options.limits.fileBytes)
                    case .failure(.damaged(let reason)): throw broken("the ink", reason)
                    }
                default: throw broken("the ink", "its compression is not supported")
                }
                try UIMInk(content, options.limits).add(to: &page)
            }
            guard hasInk else { throw broken("the file", "it has no ink (no chunk INKD)") }
            _ = try pages(.success(page))
        } catch let failure as BinaryReader.Failure {
            throw broken("byte \(failure.position)", failure.reason)
        } catch let excess as InkExcess {
            throw FileError.tooLarge(path: path, line: 1, what: excess.what, limit: excess.limit)
        }
    }
}

/// The message `InkData`.
struct UIMInk {
    private var strokes: [(stroke: Stroke, mark: StrokeMark, style: Int?)] = []
    private var styles: [(color: Color, opacity: Float, size: Float)] = []

    init(_ bytes: ArraySlice<UInt8>, _ limits: InkLimits) throws {
        var budget = InkBudget(limits)
        var message = ProtobufReader(bytes)
        while let (field, value) = try message.next() {
            switch field {
            case 1:
                guard let part = value.message else { continue }
                let stroke = try Self.stroke(part)
                try budget.take(stroke.stroke)
                if !stroke.stroke.samples.isEmpty { strokes.append(stroke) }
            case 6: if let part = value.message { styles.append(try Self.style(part)) }
            default: continue
            }
        }
    }

    func add(to page: inout InkPage) throws {
        for (stroke, mark, style) in strokes {
            var mark = mark
            if let style, styles.indices.contains(style) {
                (mark.color, mark.opacity) = (styles[style].color, styles[style].opacity)
                if mark.widths.isEmpty, styles[style].size > 0 { mark.widths = [styles[style].size] }
            }
            if mark.opacity < 0.6 { mark.tool = .highlighter }
            page.ink.strokes.append(stroke)
            page.marks.append(mark)
        }
    }

    private static func stroke(_ message: ProtobufReader) throws -> (stroke: Stroke, mark: StrokeMark, style: Int?) {
        var message = message
        var precisions = 0
        var style: Int?
        var mark = StrokeMark()
        var spline: ProtobufReader?
        var isCompressed = false
        while let (field, value) = try message.next() {
            switch field {
            case 2: precisions = value.signed.flatMap { Int(exactly: $0) } ?? 0
            case 5, 6:
                spline = value.message
                isCompressed = field == 6
            case 7: style = value.integer.map { $0 - 1 }
            case 8:
                if let part = value.message {
                    let own = try self.style(part)
                    (mark.color, mark.opacity) = (own.color, own.opacity)
                    if own.size > 0 { mark.widths = [own.size] }
                }
            default: continue
            }
        }
        var channels: [Int: [Float]] = [:]
        while let (field, value) = try spline?.next() {
            guard [1, 2, 8].contains(field) else { continue }
            // Four bits each: places, sizes.
            let precision = field == 8 ? precisions >> 4 & 15 : precisions & 15
            channels[field, default: []] += isCompressed ? try decoded(value, precision: precision) : try value.floats()
        }
        let (xs, ys, sizes) = (channels[1] ?? [], channels[2] ?? [], channels[8] ?? [])
        guard xs.count == ys.count else {
            throw BinaryReader.Failure(reason: "a stroke has \(xs.count) x and \(ys.count) y", position: 0)
        }
        if sizes.count == xs.count { mark.widths = sizes.map { $0.isFinite ? max(0, $0) : 1 } }
        // The first and last control points stand twice: a spline through them begins and ends there.
        return (Stroke(zip(xs, ys).map { Sample(x: $0, y: $1) }), mark, style)
    }

    /// Differences, in units of a power of ten.
    private static func decoded(_ value: ProtobufReader.Value, precision: Int) throws -> [Float] {
        let factor = (0..<precision).reduce(1.0) { factor, _ in factor * 10 }
        var sum: Int64 = 0
        return try value.signedIntegers().map { difference in
            sum &+= difference
            return Float(Double(sum) / factor)
        }
    }

    /// `PathPointProperties`: colour as RGBA in one number, size.
    private static func style(_ message: ProtobufReader) throws -> (color: Color, opacity: Float, size: Float) {
        var message = message
        var bits: UInt32 = 0xff
        var size: Float = 0
        while let (field, value) = try message.next() {
            if field == 1 { bits = value.signed.map { UInt32(truncatingIfNeeded: $0) } ?? bits }
            if field == 2, let value = value.float, value.isFinite { size = max(0, value) }
        }
        let color = Color(red: UInt8(bits >> 24), green: UInt8(bits >> 16 & 255), blue: UInt8(bits >> 8 & 255))
        return (color, Float(bits & 255) / 255, size)
    }
}
