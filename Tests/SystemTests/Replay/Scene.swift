import DuctusInk
import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation

/// A recording that the project made itself, and what each of its segments holds: `fixtures/NAME.fixture`, `fixtures/NAME.expected`.
struct Scene: Sendable, CustomStringConvertible {
    let name: String
    let records: [FixtureRecord]
    /// In the order in which they end within their stream; streams in order of their names.
    let segments: [Segment]

    /// The ink of one segment, worked out by the scene's own bookkeeping, not by the daemon's endpoint rules.
    struct Segment: Sendable {
        var stream: StreamName
        var strokes: [Stroke]
        var precedingText = ""
        var ending: LabelEvent.Ending
        /// What the pen meant to write.
        var text = ""
        var gaps = LabelEvent.Gaps()

        var sampleCount: Int { strokes.reduce(0) { $0 + $1.samples.count } }
    }

    var description: String { name }
    var streams: Set<StreamName> { Set(segments.map(\.stream)) }

    /// Records of several pens come in the order of time.
    init(_ name: String, _ pens: ScenePen...) {
        self.name = name
        records = pens.flatMap(\.sent).enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        segments = pens.sorted { $0.recording.stream < $1.recording.stream }.flatMap(\.segments)
    }

    /// What the daemon must say of each segment: what the recognizer reads from the same strokes.
    func readings(by recognizer: Recognizer) throws -> [Recognition] {
        try segments.map { try recognizer.recognize($0.strokes, precedingText: $0.precedingText) }
    }

    /// The lines of the `.expected` file.
    func expectation(_ readings: [Recognition]) -> String {
        zip(segments, readings).reduce(into: "") { $0 += "\($1.0.stream)\t\($1.1.text)\n" }
    }

    func write(to url: URL) throws {
        let writer = try FixtureWriter(url)
        for record in records { try writer.append(record) }
        try writer.close()
    }
}

/// The committed files.
enum FixtureFolder {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let url = root.appending(path: "fixtures")

    /// `make fixtures` writes the files anew.
    static let isWriting = ProcessInfo.processInfo.environment["DUCTUS_WRITE_FIXTURES"] != nil

    static func recording(_ name: String) -> URL { url.appending(path: name + ".fixture") }
    static func expectation(_ name: String) -> URL { url.appending(path: name + ".expected") }

    /// The model whose readings are expected; nil before one is trained.
    static let model: URL? = [
        ProcessInfo.processInfo.environment["DUCTUS_MODEL"], root.appending(path: "models/english").path,
    ]
    .compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0) }.map { URL(filePath: $0) }
}
