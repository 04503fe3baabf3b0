import DuctusFoundations
import DuctusInk
import Foundation

/// Gathers the strokes and segments of a UNIPEN file and of those it includes. See `Unipen`.
struct UnipenReader {
    /// One `.SEGMENT` statement.
    private struct Segment {
        var level: String
        /// The strokes that the statement names. Nil: all strokes up to the next segment of the same level.
        var delineation: UnipenDelineation?
        /// Strokes before the statement.
        var firstStroke: Int
        var label: String?
        var path: String
        var line: Int
    }

    /// A statement being read: the keyword, and what follows it up to the next keyword.
    private struct Statement {
        var keyword: String
        var line: Int
        var argument: [UInt8] = []
    }

    private enum Column {
        case x, y, time, pressure, other
    }

    private static let deepestInclude = 4
    private static let longestArgument = 1 << 20

    private let options: Unipen.Options
    private let limits: InkLimits
    private var strokes: [Stroke] = []
    private var segments: [Segment] = []
    private var hierarchy: [String] = []
    private var columns: [Column] = [.x, .y]
    private var interval = 0.0
    private var clock = 0.0
    private var writer: String?
    private var source: String?
    private var samples = 0
    private var files = 0
    private var largestPressure: Float = 0
    private var values: [Double] = []
    private var partial: Stroke?

    init(options: Unipen.Options, limits: InkLimits) {
        self.options = options
        self.limits = limits
    }

    /// The faults that were passed over.
    private(set) var faults: [FileError] = []

    /// Reads a file and what it includes.
    mutating func read(_ reader: LineReader, depth: Int = 0) throws {
        let url = URL(filePath: reader.path)
        files += 1
        guard files <= 1_000 else {
            throw FileError.tooLarge(path: url.path, line: 1, what: "included files", limit: 1_000)
        }
        var statement: Statement?
        var bytesRead = 0
        while let bytes = try reader.next() {
            bytesRead += bytes.count + 1
            guard bytesRead <= limits.fileBytes else {
                throw FileError.tooLarge(
                    path: reader.path, line: reader.line, what: "bytes", limit: limits.fileBytes)
            }
            if let keyword = Self.keyword(bytes) {
                try finish(statement, of: url, depth)
                statement = Statement(keyword: keyword, line: reader.line)
                try parse(bytes.dropFirst(keyword.utf8.count + 1), &statement, reader)
            } else {
                try parse(bytes[...], &statement, reader)
            }
        }
        try finish(statement, of: url, depth)
    }

    /// The keyword at the start of a line, without its dot.
    private static func keyword(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "."), (0x41...0x5a).contains(bytes[1]) else { return nil }
        let name = bytes.dropFirst().prefix(40).prefix { (0x41...0x5a).contains($0) || $0 == 0x5f || $0 &- 0x30 < 10 }
        return String(decoding: name, as: UTF8.self)
    }

    /// Takes a line's share of a statement: points go straight into the stroke, all else is kept for the statement's end.
    private mutating func parse(
        _ bytes: Slice<UnsafeRawBufferPointer>, _ statement: inout Statement?, _ reader: LineReader
    ) throws {
        guard let keyword = statement?.keyword else { return }
        switch keyword {
        case "PEN_DOWN": try parsePoints(bytes, reader)
        case "PEN_UP":
            // Points of the pen in the air take time, and nothing else.
            if bytes.contains(where: { $0 > 0x20 }) { clock += interval }
        case "SEGMENT", "COORD", "HIERARCHY", "POINTS_PER_SECOND", "WRITER", "WRITER_ID", "DATA_SOURCE", "DATA_ID",
            "INCLUDE", "DT":
            guard (statement?.argument.count ?? 0) + bytes.count < Self.longestArgument else {
                throw FileError.tooLarge(
                    path: reader.path, line: reader.line, what: "bytes in a statement", limit: Self.longestArgument)
            }
            if statement?.argument.isEmpty == false { statement?.argument.append(0x0a) }
            statement?.argument += bytes
        default: break
        }
    }

    private mutating func parsePoints(_ bytes: Slice<UnsafeRawBufferPointer>, _ reader: LineReader) throws {
        let text = UnsafeRawBufferPointer(rebasing: bytes)
        if partial == nil { partial = Stroke() }
        var position = 0
        while true {
            while position < text.count, text[position] == 0x20 || text[position] == 0x09 || text[position] == 0x2c {
                position += 1
            }
            guard position < text.count else { return }
            guard let value = DecimalNumber.read(text, at: &position) else {
                throw malformed(
                    reader.path, reader.line, "'\(Character(UnicodeScalar(text[position])))' is no coordinate",
                    "After .PEN_DOWN only numbers may stand, \(columns.count) per point, as .COORD says.")
            }
            values.append(value)
            if values.count == columns.count { try finishPoint(reader) }
        }
    }

    private mutating func finishPoint(_ reader: LineReader) throws {
        var sample = Sample(x: .nan, y: .nan)
        for (column, value) in zip(columns, values) {
            switch column {
            case .x: sample.x = Float(value)
            case .y: sample.y = Float(options.yGrowsUp ? -value : value)
            case .time: sample.time = Sample.time(milliseconds: value)
            case .pressure: sample.pressure = Float(value)
            case .other: break
            }
        }
        values.removeAll(keepingCapacity: true)
        if options.timeFromRate, sample.time == nil, interval > 0 { sample.time = Sample.time(milliseconds: clock) }
        clock += interval
        largestPressure = max(largestPressure, sample.pressure ?? 0)
        partial?.samples.append(sample)
        samples += 1
        guard samples <= limits.samples else {
            throw FileError.tooLarge(path: reader.path, line: reader.line, what: "samples", limit: limits.samples)
        }
    }

    private func malformed(_ path: String, _ line: Int, _ reason: String, _ remedy: String) -> FileError {
        .malformed(path: path, line: line, reason: reason, remedy: remedy)
    }

    /// Acts on a statement that has been read whole.
    private mutating func finish(_ statement: Statement?, of url: URL, _ depth: Int) throws {
        guard let statement else { return }
        let text = String(decoding: statement.argument, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        switch statement.keyword {
        case "PEN_DOWN":
            guard values.isEmpty else {
                throw malformed(
                    url.path, statement.line,
                    "the last point of the stroke has \(values.count) of \(columns.count) values",
                    "Check .COORD and the numbers after .PEN_DOWN.")
            }
            guard strokes.count < limits.strokes else {
                throw FileError.tooLarge(
                    path: url.path, line: statement.line, what: "strokes", limit: limits.strokes)
            }
            strokes.append(partial ?? Stroke())
            partial = nil
        case "COORD":
            columns = words.map { ["X": .x, "Y": .y, "T": .time, "P": .pressure][$0.uppercased()] ?? .other }
            guard columns.contains(.x), columns.contains(.y), columns.count <= 16 else {
                throw malformed(url.path, statement.line, ".COORD needs X and Y", "Write for example .COORD X Y T.")
            }
        case "POINTS_PER_SECOND":
            guard let rate = words.first.flatMap(Double.init), rate > 0, rate.isFinite else {
                throw malformed(
                    url.path, statement.line, "\"\(text)\" is no rate", "Write for example .POINTS_PER_SECOND 100.")
            }
            interval = 1000 / rate
        case "DT": clock += max(0, words.first.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil } ?? 0)
        case "HIERARCHY": hierarchy = words
        case "WRITER", "WRITER_ID": writer = words.first
        case "DATA_SOURCE": source = source ?? words.first
        case "DATA_ID": source = words.first ?? source
        case "SEGMENT": try addSegment(statement, of: url)
        case "INCLUDE": try include(text, statement, of: url, depth)
        default: break
        }
    }

    private static let qualities: Set = ["OK", "GOOD", "BAD", "LABEL", "?"]

    /// `.SEGMENT level delineation [quality] ["label"]`; some programs leave out the delineation.
    private mutating func addSegment(_ statement: Statement, of url: URL) throws {
        let text = String(decoding: statement.argument, as: UTF8.self)
        let quote = text.firstIndex(of: "\"") ?? text.endIndex
        let words = text[..<quote].split(whereSeparator: \.isWhitespace)
        let delineation = words.count > 1 ? UnipenDelineation(words[1]) : nil
        let isBare = words.count == 1 || words.count > 1 && Self.qualities.contains(words[1].uppercased())
        guard !words.isEmpty, delineation != nil || isBare else {
            throw malformed(
                url.path, statement.line, ".SEGMENT without a level and strokes",
                "Write for example .SEGMENT WORD 0-3,5 OK \"text\".")
        }
        segments.append(
            Segment(
                level: words[0].uppercased(), delineation: delineation, firstStroke: strokes.count,
                label: quote < text.endIndex ? Self.label(text[text.index(after: quote)...]) : nil, path: url.path,
                line: statement.line))
        guard segments.count <= limits.strokes else {
            throw FileError.tooLarge(path: url.path, line: statement.line, what: "segments", limit: limits.strokes)
        }
    }

    /// The text up to the closing quote; `\"` and `\\` stand for themselves.
    private static func label(_ text: Substring) -> String {
        var label = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                if character != "\"", character != "\\" { label.append("\\") }
                label.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                break
            } else {
                label.append(character)
            }
        }
        return label
    }

    private mutating func include(_ name: String, _ statement: Statement, of url: URL, _ depth: Int) throws {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.isEmpty, !name.hasPrefix("/"), !parts.contains(".."), depth < Self.deepestInclude else {
            throw malformed(
                url.path, statement.line, "a file \"\(name)\" is not included: it is elsewhere, or nested too deeply",
                "Put it beside this file or below a folder named include.")
        }
        var folder = url.deletingLastPathComponent()
        var candidates = [folder]
        for _ in 0..<8 {
            candidates.append(folder.appendingPathComponent("include"))
            folder = folder.deletingLastPathComponent()
        }
        // A file may include one of its own name in another folder, but not itself.
        let found = candidates.lazy.map { $0.appendingPathComponent(name) }.first {
            FileManager.default.fileExists(atPath: $0.path) && $0.standardizedFileURL != url.standardizedFileURL
        }
        guard let found else {
            // Most included files only describe; what is here is read without it.
            faults.append(
                malformed(
                    url.path, statement.line, "the included file \"\(name)\" is missing",
                    "Put it beside this file or below a folder named include."))
            return
        }
        try read(LineReader(found, maximumBytes: limits.lineBytes), depth: depth + 1)
    }

    /// The pieces of ink of what was read, each or why there is none.
    func pages(fallbackID: String) -> [Result<InkPage, FileError>] {
        let all = normalizedPressure()
        let labelled = Set(segments.filter { $0.label?.isEmpty == false }.map(\.level))
        let bare = Set(segments.filter { $0.delineation == nil }.map(\.level))
        let known = hierarchy.map { $0.uppercased() } + segments.map(\.level)
        guard
            let level = options.level?.uppercased() ?? known.first(where: labelled.contains)
                ?? known.first(where: bare.contains)
        else {
            guard all.contains(where: { !$0.samples.isEmpty }) else { return [] }
            return [.success(InkPage(InkLine(id: fallbackID, source: source, writer: writer, strokes: all)))]
        }
        var referred = 0
        let chosen = segments.filter { $0.level == level }
        return chosen.enumerated().map { index, segment in
            guard let strokes = strokes(of: segment, before: chosen.dropFirst(index + 1), among: all) else {
                return .failure(
                    malformed(
                        segment.path, segment.line,
                        "the segment names a stroke or point beyond the last (there are \(all.count) strokes)",
                        "Strokes are counted from 0 over all .PEN_DOWN."))
            }
            referred += strokes.count
            guard referred <= 10 * limits.strokes else {
                return .failure(
                    .tooLarge(
                        path: segment.path, line: segment.line, what: "strokes in segments", limit: 10 * limits.strokes)
                )
            }
            let ink = InkLine(
                id: "\(fallbackID)-\(index + 1)", source: source, writer: writer, text: segment.label, strokes: strokes)
            return .success(InkPage(ink, isLine: ["LINE", "WORD", "CHARACTER"].contains(level)))
        }
    }

    private func strokes(of segment: Segment, before later: ArraySlice<Segment>, among all: [Stroke]) -> [Stroke]? {
        if let delineation = segment.delineation { return delineation.strokes(of: all) }
        let end = later.first { $0.delineation == nil }?.firstStroke ?? all.count
        guard segment.firstStroke < end else {
            // The only segment of its level may stand behind its ink.
            return segments.count { $0.level == segment.level } == 1 ? all : []
        }
        return Array(all[segment.firstStroke..<end])
    }

    /// Strokes with their pressure divided by the largest of the file: the format does not give the range.
    private func normalizedPressure() -> [Stroke] {
        guard largestPressure > 0 else { return strokes }
        return strokes.map { stroke in
            Stroke(
                stroke.samples.map { sample in
                    var sample = sample
                    sample.pressure = sample.pressure.map { max(0, $0) / largestPressure }
                    return sample
                })
        }
    }
}
