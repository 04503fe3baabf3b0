import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// Wacom's Universal Ink Model, versions 3.0 and 3.1 (`.uim`): RIFF with a Protocol Buffers message in each chunk, or one for all.
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
                remedy: "This is Wacom's Universal Ink Model; the versions 3.0 and 3.1 are read.")
        }
        do {
            var page = InkPage(
                InkLine(id: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, strokes: []))
            var reader = BinaryReader([UInt8](data)[...])
            try reader.skip(12)
            var compressions: [UInt8] = []
            var minor: UInt8 = 1
            var number = 0
            var hasInk = false
            while reader.remaining >= 8 {
                let tag = String(decoding: try reader.bytes(4), as: UTF8.self)
                let length = Int(try reader.integer(UInt32.self))
                let chunk = try reader.bytes(length)
                if length % 2 == 1, reader.remaining > 0 { try reader.skip(1) }
                if tag == "HEAD" {
                    minor = chunk.dropFirst().first ?? 255
                    guard chunk.first == 3, minor <= 1 else {
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
                // Version 3.0 has one chunk for all.
                guard tag == (minor == 0 ? "DATA" : "INKD") else { continue }
                hasInk = true
                var content = chunk
                switch minor == 1 && number < compressions.count ? compressions[number] : 0 {
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
                let ink = minor == 0 ? try UIMInk(object: content, options.limits) : try UIMInk(content, options.limits)
                try ink.add(to: &page)
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
    private typealias Read = (stroke: Stroke, mark: StrokeMark, style: Int?, brush: Int?)
    private var strokes: [Read] = []
    private var brushes: [String] = []
    private var styles: [(color: Color, opacity: Float, size: Float)] = []

    init(_ bytes: ArraySlice<UInt8>, _ limits: InkLimits) throws {
        var budget = InkBudget(limits)
        var message = ProtobufReader(bytes)
        while let (field, value) = try message.next() {
            switch field {
            case 1:
                guard let part = value.message else { continue }
                let stroke = try Self.stroke(part)
                try budget.charge(stroke.stroke)
                if !stroke.stroke.samples.isEmpty { strokes.append(stroke) }
            case 4: if let name = value.text { brushes.append(name) }
            case 6: if let part = value.message { styles.append(try Self.style(part)) }
            default: continue
            }
        }
    }

    /// The ink of the message `InkObject` of version 3.0.
    init(object bytes: ArraySlice<UInt8>, _ limits: InkLimits) throws {
        var budget = InkBudget(limits)
        var object = ProtobufReader(bytes)
        while let (field, value) = try object.next() {
            guard field == 2, var ink = value.message else { continue }
            while let (field, value) = try ink.next() {
                guard field == 1, let part = value.message else { continue }
                let stroke = try Self.oldStroke(part)
                try budget.charge(stroke.stroke)
                if !stroke.stroke.samples.isEmpty { strokes.append(stroke) }
            }
        }
    }

    /// A stroke of version 3.0: its channels are its own fields.
    private static func oldStroke(_ message: ProtobufReader) throws -> Read {
        var message = message
        var channels: [Int: [Float]] = [:]
        while let (field, value) = try message.next() {
            if [4, 5, 11].contains(field) { channels[field, default: []] += try value.floats() }
        }
        let read = try stroke(channels[4] ?? [], channels[5] ?? [], sizes: channels[11] ?? [], StrokeMark())
        return (read.0, read.1, nil, nil)
    }

    private static func stroke(
        _ xs: [Float], _ ys: [Float], sizes: [Float], _ mark: StrokeMark
    ) throws -> (Stroke, StrokeMark) {
        guard xs.count == ys.count else {
            throw BinaryReader.Failure(reason: "a stroke has \(xs.count) x and \(ys.count) y", position: 0)
        }
        var mark = mark
        if sizes.count == xs.count { mark.widths = sizes.map { $0.isFinite ? max(0, $0) : 1 } }
        // The first and last control points stand twice: a spline through them begins and ends there.
        return (Stroke(zip(xs, ys).map { Sample(x: $0, y: $1) }), mark)
    }

    func add(to page: inout InkPage) throws {
        for (stroke, mark, style, brush) in strokes {
            var mark = mark
            if let style, styles.indices.contains(style) {
                (mark.color, mark.opacity) = (styles[style].color, styles[style].opacity)
                if mark.widths.isEmpty, styles[style].size > 0 { mark.widths = [styles[style].size] }
            }
            // Pencils are transparent, too: the brush's name tells.
            if let brush, brushes.indices.contains(brush) {
                let name = brushes[brush].lowercased()
                if name.contains("highlight") || name.contains("marker") { mark.tool = .highlighter }
                if name.contains("erase") { mark.tool = .eraser }
            }
            page.ink.strokes.append(stroke)
            page.marks.append(mark)
        }
    }

    private static func stroke(_ message: ProtobufReader) throws -> Read {
        var message = message
        var precisions = 0
        var (style, brush): (Int?, Int?)
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
            case 9: brush = value.integer.map { $0 - 1 }
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
        let read = try stroke(channels[1] ?? [], channels[2] ?? [], sizes: channels[8] ?? [], mark)
        return (read.0, read.1, style, brush)
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
