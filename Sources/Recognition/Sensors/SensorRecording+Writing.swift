import DuctusFoundations
import DuctusInk
import Foundation

extension SensorRecording {
    /// Writes recordings as `read` takes them, one JSON object per line, compressed if the name ends in `.gz`.
    ///
    /// - Throws: `FileError.inaccessible`.
    public static func write(_ recordings: some Sequence<SensorRecording>, to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let writer = try LineWriter(url)
        for recording in recordings {
            try writer.append(String(decoding: encoder.encode(Line(recording)), as: UTF8.self))
        }
        try writer.close()
    }

    /// The recording as it stands in the file.
    private struct Line: Encodable {
        var id, subject: String
        var rate: Double
        var channels: [String]
        var frames: [[Float?]]
        var labels: [Label]?
        var text: String?

        init(_ recording: SensorRecording) {
            (id, subject, rate, channels) = (recording.id, recording.subject, recording.rate, recording.channels)
            let (values, width) = (recording.values, recording.channels.count)
            frames = (0..<recording.count).map { vector in
                values[(vector * width)..<((vector + 1) * width)].map { $0.isFinite ? $0 : nil }
            }
            labels = recording.spans.isEmpty ? nil : recording.spans.map(Label.init)
            text = recording.text
        }
    }

    /// `[first, end, "NAME"]`.
    private struct Label: Encodable {
        var span: Span

        func encode(to encoder: any Encoder) throws {
            var values = encoder.unkeyedContainer()
            try values.encode(span.first)
            try values.encode(span.end)
            try values.encode(span.name)
        }
    }
}
