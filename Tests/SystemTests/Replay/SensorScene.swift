import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation
import StreamingTestSupport

/// A recording of simulated sensors that the project made itself, and what each of its segments holds: `fixtures/NAME.fixture`,
/// `fixtures/NAME.expected`.
struct SensorScene: Sendable, CustomStringConvertible {
    let name: String
    let records: [FixtureRecord]
    /// In the order in which they end within their stream; streams in order of their names.
    let segments: [Segment]

    /// One segment, by the scene's own bookkeeping.
    struct Segment: Sendable {
        var stream: StreamName
        /// The movements, in order.
        var movements: [SimulatedSensor.Movement] = []
        /// Vectors, those that were lost on the way among them.
        var sampleCount = 0
        var gaps = LabelEvent.Gaps()
    }

    var description: String { name }

    /// Records of several sensors come in the order of time.
    init(_ name: String, _ sensors: SceneSensor...) {
        self.name = name
        records = sensors.flatMap(\.records).enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        segments = sensors.sorted { $0.stream < $1.stream }.flatMap(\.segments)
    }

    func write(to url: URL) throws {
        let writer = try FixtureWriter(url)
        for record in records { try writer.append(record) }
        try writer.close()
    }

    /// What each stream gives where there is nothing else: the events of a lane that reads it alone, at the packets' own pace.
    func aloneEvents() throws -> [StreamName: [LabelEvent]] {
        var events: [StreamName: [LabelEvent]] = [:]
        for stream in Set(segments.map(\.stream)) {
            let (clock, collector) = (HandClock(), Collector())
            let lane = Lane(clock: clock, sink: collector)
            let pipeline = try SensorPipeline.reading(stream).pipeline()
            for record in records where record.topic == Topic.features(stream).description {
                let packet = try FeaturePacket(wire: record.payload)
                lane.receive(packet, of: stream, pipeline: pipeline, arrived: clock.unixMicroseconds)
                lane.settle()
            }
            events[stream] = collector.events
        }
        return events
    }

    /// The lines of the `.expected` file.
    func expectation() throws -> String {
        let events = try aloneEvents()
        return Set(segments.map(\.stream)).sorted().reduce(into: "") { lines, stream in
            for final in events[stream] ?? [] where final.state == .final { lines += "\(stream)\t\(final.text)\n" }
        }
    }
}

/// The two pipelines that the scenes' streams are read by: streams whose names begin as the model is called.
enum SensorPipeline: String, CaseIterable {
    /// Labels every frame.
    case movement
    /// Transcribes.
    case spelling

    static let window = WindowRule(hop: 0.25, chunk: 5, lookahead: 10)

    static func reading(_ stream: StreamName) -> SensorPipeline {
        stream.text.hasPrefix(spelling.rawValue) ? .spelling : .movement
    }

    var model: URL { FixtureFolder.root.appending(path: "models/\(rawValue)") }

    func pipeline() throws -> Pipeline {
        let models = SharedModel(Served(model: try Model(contentsOf: model), generation: .init(number: 0)))
        return Pipeline(name: rawValue, input: .features, models: models, decoding: .bestPath, window: Self.window)
    }

    /// Its part of a daemon's configuration.
    var configuration: String {
        """
          - name: \(rawValue)
            input: features
            streams: \(rawValue)
            model: "\(model.path)"
            decoding: best-path
            window: {hop: \(Int(Self.window.hop * 1000)) ms, chunk: \(Self.window.chunk), lookahead: \(Self.window.lookahead)}

        """
    }
}
