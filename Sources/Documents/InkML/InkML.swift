import DuctusFoundations
import DuctusInk
import Foundation

/// W3C's Ink Markup Language (Recommendation of 20 September 2011): reading and writing.
///
/// One piece of ink is the whole document if it has a `truth` annotation itself; else every outermost `traceGroup` or
/// `traceView` that has one; where nothing is labelled, every group that the file calls a line; else every top-level
/// `traceGroup`, or the groups inside it if they lie below each other, and all loose traces together. A trace that
/// views repeat counts once. Annotations of the types `truth`, `text`, `label` or `transcription` give the text;
/// `writer`, `language`, `source` and `id` (or `xml:id`) the rest.
public enum InkML {
    /// Reads a file, plain or gzip.
    ///
    /// - Throws: `FileError`.
    public static func read(_ url: URL, limits: InkLimits = InkLimits()) throws -> [InkLine] {
        try parse(LineReader.contents(of: url, limit: limits.fileBytes), path: url.path, limits: limits)
    }

    /// Reads a document.
    ///
    /// - Parameter path: where it is from, for messages.
    /// - Throws: `FileError.malformed`, `.tooLarge`.
    public static func parse(_ data: Data, path: String = "ink", limits: InkLimits = InkLimits()) throws -> [InkLine] {
        try InkMLFormat.pages(of: data, path: path, limits: limits).map(\.written)
    }

    /// Writes ink as one document, each piece as a `traceGroup` with its annotations.
    ///
    /// Times are written in ms with three decimals, pressure as 0…1; a channel appears if any sample has it, and what a
    /// sample lacks is written `?`.
    /// - Throws: `FileError.unwritable` for text with characters that XML cannot hold.
    public static func document(_ lines: [InkLine]) throws -> String {
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <ink xmlns="http://www.w3.org/2003/InkML">

            """
        let format = traceFormat(of: lines.flatMap(\.strokes))
        text += format.text
        for line in lines {
            text += "  <traceGroup>\n"
            let annotations = [
                ("id", line.id), ("source", line.source), ("writer", line.writer), ("language", line.language),
                ("truth", line.text),
            ]
            for case (let type, let value?) in annotations {
                text += "    <annotation type=\"\(type)\">\(try escaped(value))</annotation>\n"
            }
            for stroke in line.strokes { text += "    <trace>\(trace(stroke, format.channels))</trace>\n" }
            text += "  </traceGroup>\n"
        }
        return text + "</ink>\n"
    }

    /// The function that writes a channel of a sample.
    typealias ChannelText = (Sample) -> String

    /// The element `traceFormat` with the channels that some of the strokes have, and how each is written.
    static func traceFormat(of strokes: [Stroke]) -> (text: String, channels: [ChannelText]) {
        var text = """
              <traceFormat>
                <channel name="X" type="decimal"/>
                <channel name="Y" type="decimal"/>

            """
        let samples = strokes.lazy.flatMap(\.samples)
        var channels: [ChannelText] = [{ NumberText.of($0.x) ?? "?" }, { NumberText.of($0.y) ?? "?" }]
        if samples.contains(where: { $0.time != nil }) {
            text += "    <channel name=\"T\" type=\"decimal\" units=\"ms\"/>\n"
            channels.append { $0.time.map(NumberText.milliseconds) ?? "?" }
        }
        if samples.contains(where: { $0.pressure != nil }) {
            text += "    <channel name=\"F\" type=\"decimal\" min=\"0\" max=\"1\"/>\n"
            channels.append { $0.pressure.flatMap(NumberText.of) ?? "?" }
        }
        if samples.contains(where: { $0.tiltX != nil || $0.tiltY != nil }) {
            text += "    <channel name=\"OTx\" type=\"decimal\" units=\"deg\"/>\n"
            text += "    <channel name=\"OTy\" type=\"decimal\" units=\"deg\"/>\n"
            channels.append { $0.tiltX.flatMap(NumberText.of) ?? "?" }
            channels.append { $0.tiltY.flatMap(NumberText.of) ?? "?" }
        }
        return (text + "  </traceFormat>\n", channels)
    }

    /// The content of the element `trace`.
    static func trace(_ stroke: Stroke, _ channels: [ChannelText]) -> String {
        stroke.samples.map { sample in channels.map { $0(sample) }.joined(separator: " ") }.joined(separator: ", ")
    }

    /// Writes a file, see `document(_:)`; the old file stays until the new one is whole.
    public static func write(_ lines: [InkLine], to url: URL) throws {
        do {
            try AtomicFile.put(Data(document(lines).utf8), at: url)
        } catch let error as FileError {
            if case .unwritable(_, let reason) = error { throw FileError.unwritable(path: url.path, reason: reason) }
            throw error
        } catch {
            throw FileError.unwritable(path: url.path, reason: error.localizedDescription)
        }
    }

    private static func escaped(_ text: String) throws -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
            case "\u{0}"..<" ", "\u{fffe}", "\u{ffff}":
                throw FileError.unwritable(
                    path: "ink", reason: "XML has no character U+\(String(scalar.value, radix: 16, uppercase: true))")
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

enum InkMLFormat: WholeFileFormat {
    static let name = "InkML"

    static func recognizes(_ head: FileHead) -> Bool { head.element?.name == "ink" }

    static func read(_ data: Data, path: String, options: ReadingOptions, _ pages: PageReceiver) throws {
        for page in try self.pages(of: data, path: path, limits: options.limits) where try !pages(.success(page)) {
            return
        }
    }

    static func pages(of data: Data, path: String, limits: InkLimits) throws -> [InkPage] {
        func malformed(_ failure: XMLScanner.Failure) -> FileError {
            .malformed(
                path: path, line: failure.line, reason: failure.reason,
                remedy: "This is InkML, which looks like <ink><trace>10 0, 9 14</trace></ink>.")
        }
        do {
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            return try InkMLReader.pages(of: data, limits: limits, fallbackID: name)
        } catch let failure as XMLScanner.Failure {
            throw malformed(failure)
        } catch let unresolved as InkMLDefinitions.Unresolved {
            throw malformed(unresolved.failure)
        } catch let excess as InkMLReader.Excess {
            throw FileError.tooLarge(path: path, line: excess.line, what: excess.what, limit: excess.limit)
        }
    }
}
