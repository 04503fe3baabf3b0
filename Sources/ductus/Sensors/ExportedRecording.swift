import DuctusWire

/// A sensor's segment, as `SensorRecording` reads it.
struct ExportedRecording: Encodable {
    var id, subject: String
    var rate: Double
    var channels: [String]
    /// nil for a number that is missing.
    var frames: [[Float?]]
    var text: String

    init(_ entry: WireJournalEntry) {
        id = "\(entry.stream)/\(entry.segment)"
        subject = entry.writer
        rate = Double(entry.vectors.rate)
        channels = entry.channels
        let (values, width) = (entry.vectors.values, max(1, entry.channels.count))
        frames = stride(from: 0, to: values.count, by: width).map { first in
            values[first..<min(first + width, values.count)].map { $0.isFinite ? $0 : nil }
        }
        text = entry.text
    }
}
