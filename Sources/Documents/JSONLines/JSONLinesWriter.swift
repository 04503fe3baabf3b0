import DuctusFoundations
import DuctusInk
import Foundation

extension JSONLines {
    /// One piece of ink as one line, without its end. Times are written in ms with up to three decimals; a channel is written
    /// if any sample of the stroke has it, and what a sample lacks is `null`.
    public static func line(_ ink: InkLine) -> String {
        var text = "{\"id\":\(JSONText.quoted(ink.id))"
        let members = [("source", ink.source), ("writer", ink.writer), ("lang", ink.language), ("text", ink.text)]
        for case (let name, let value?) in members { text += ",\"\(name)\":\(JSONText.quoted(value))" }
        text += ",\"strokes\":["
        for (index, stroke) in ink.strokes.enumerated() {
            if index > 0 { text += "," }
            text += Self.stroke(stroke)
        }
        return text + "]}"
    }

    /// Writes a file, one line per piece of ink, compressed if its name ends in `.gz`; the old file stays until the new one is
    /// whole.
    ///
    /// - Throws: `FileError.inaccessible`.
    public static func write(_ lines: [InkLine], to url: URL) throws {
        try LineWriter.write(lines.lazy.map(line), to: url)
    }

    private static func stroke(_ stroke: Stroke) -> String {
        func channel(_ text: (Sample) -> String?) -> String? {
            let values = stroke.samples.map(text)
            return values.contains { $0 != nil } ? values.map { $0 ?? "null" }.joined(separator: ",") : nil
        }
        var channels: [String?] = [
            channel { NumberText.of($0.x) } ?? stroke.samples.map { _ in "null" }.joined(separator: ","),
            channel { NumberText.of($0.y) } ?? stroke.samples.map { _ in "null" }.joined(separator: ","),
            channel { $0.time.map(NumberText.milliseconds) },
            channel { $0.pressure.flatMap(NumberText.of) },
            channel { $0.tiltX.flatMap(NumberText.of) },
            channel { $0.tiltY.flatMap(NumberText.of) },
        ]
        while channels.count > 2, channels[channels.count - 1] == nil { channels.removeLast() }
        return "[" + channels.map { "[\($0 ?? "")]" }.joined(separator: ",") + "]"
    }
}
