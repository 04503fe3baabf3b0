import ArgumentParser
import DuctusClient
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

struct FeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feed",
        abstract: "Send a sensor's recording to the daemon and print its labels: begin, end, name, confidence.",
        discussion: """
            A table has a vector per line, its cells separated by commas, semicolons, tabs or spaces; a first line may name the channels, and \
            a column named time may tell the rate, which --rate gives otherwise. JSON has a recording per line, as `ductus train` reads them. \
            Both may be gzip-compressed. Times are in seconds from the recording's begin.
            """)

    @Argument(help: "The recording: a table (.csv) or JSON lines (.ndjson), or either with .gz; - is standard input.")
    var file: String

    @Option(help: "Vectors per second of a table.")
    var rate: Double?

    @Option(
        help:
            "Which columns are the model's channels, where they have other names: x=acc_x,y=acc_y, or x=1,y=2 by number."
    )
    var channels: String?

    @Option(help: "The stream to send it as.")
    var stream = "feed"

    @Option(help: "1: as fast as the sensor; max: as fast as the daemon takes it.")
    var speed: ReplayCommand.Speed = .real

    @Option(help: "Seconds to wait for the final once all is sent.")
    var patience = 5.0

    @Flag(help: "Print every event as a JSON object.")
    var json = false

    @OptionGroup var connection: ConnectOptions

    func validate() throws {
        if let rate, !SensorRecording.possibleRates.contains(rate) {
            throw ValidationError("--rate: vectors per second, 1e-6 to 1e6")
        }
        if channels != nil, mapping.isEmpty {
            throw ValidationError("--channels: pairs of the model's name and the file's, for example x=acc_x,y=acc_y")
        }
        guard StreamName(stream) != nil else { throw ValidationError("--stream: 1 to 64 of A-Z a-z 0-9 _ -") }
    }

    /// The pairs of --channels; empty if it is not of this form.
    private var mapping: [(new: String, old: String)] {
        let pairs = (channels ?? "").split(separator: ",").map {
            $0.split(separator: "=", maxSplits: 1).map(String.init)
        }
        return pairs.allSatisfy { $0.count == 2 } ? pairs.map { ($0[0], $0[1]) } : []
    }

    func run() throws {
        guard let name = StreamName(stream) else { return }
        var recordings = try SensorRecording.readAny(file, rate: rate)
        if channels != nil { recordings = try recordings.map { try $0.renamed(mapping) } }
        let context = try Context()
        recordings = try matched(recordings, context: context)
        let labels = LabelFeed(try connection.subscriber(to: [Topic.labels(name).description], context: context))
        var feeding = SensorFeeding(stream: name)
        let feedingBegan = feeding
        var channels: [String] = []
        let outlet = try connection.pen(Topic.features(name), on: .features, context: context) { number in
            try feedingBegan.greeting(number, channels: channels).wire()
        }
        try outlet.begin(feeding.takeNumber(), milliseconds: 5000)
        for recording in recordings {
            let start = ContinuousClock.now
            channels = recording.namesChannels ? recording.channels : []
            for (packet, due) in feeding.packets(of: recording) {
                try outlet.greet(before: packet.sequence)
                if speed == .real {
                    while ContinuousClock.now - start < .seconds(due) {
                        let left = due - (ContinuousClock.now - start) / .seconds(1)
                        let event = try show(labels, milliseconds: max(1, Int(left * 1000)), of: feeding)
                        if let event { outlet.record(event) }
                        try outlet.greet(before: packet.sequence)
                    }
                }
                try outlet.send(
                    try packet.wire(), sequence: packet.sequence, endsSegment: packet.content == .endOfSegment)
                while let event = try show(labels, milliseconds: 0, of: feeding) { outlet.record(event) }
            }
            let deadline = ContinuousClock.now + .seconds(patience)
            var isDone = false
            while !isDone, ContinuousClock.now < deadline {
                try outlet.greet(before: feeding.nextNumber)
                guard let event = try show(labels, milliseconds: 100, of: feeding) else { continue }
                outlet.record(event)
                isDone = event.state == .final
            }
            if !isDone {
                throw CommandFailure(
                    "\(recording.id): no final within \(patience) s; is there a pipeline for \(stream), and can its model use \(recording.rate) vectors a second?"
                )
            }
        }
    }

    /// The recordings with their channels named as the daemon's model does; names that differ in capitals, spaces and units alone are the same.
    ///
    /// - Throws: `SensorFileError.lacksChannels` before anything is sent, where the model reads channels that the file has not.
    private func matched(_ recordings: [SensorRecording], context: Context) throws -> [SensorRecording] {
        // A daemon that does not answer, or is older, says nothing here; its log does.
        guard
            let status = try? StatusCommand.ask(connection.control(context: context), .status(.init())).status,
            case let pipelines = status.pipelines.filter({ $0.input == "features" && !$0.channels.isEmpty }),
            let first = pipelines.first
        else { return recordings }
        return try recordings.map { recording in
            var fitting = recording
            var missing = first.channels
            for pipeline in pipelines {
                let places = pipeline.channels.map { ChannelName.index(of: $0, among: recording.channels) }
                if recording.namesChannels
                    ? places.allSatisfy({ $0 != nil }) : recording.channels.count == pipeline.channels.count
                {
                    for (name, place) in zip(pipeline.channels, places) where recording.namesChannels {
                        if let place { fitting.channels[place] = name }
                    }
                    return fitting
                }
                missing = zip(pipeline.channels, places).compactMap { $1 == nil ? $0 : nil }
            }
            throw SensorFileError.lacksChannels(recording: recording.id, missing: missing, found: recording.channels)
        }
    }

    /// Prints the next event, if one comes in time and is about what was sent.
    @discardableResult
    private func show(_ labels: LabelFeed, milliseconds: Int, of feeding: SensorFeeding) throws -> LabelEvent? {
        guard let event = try labels.next(milliseconds: milliseconds) else { return nil }
        // The last event of an earlier life greets every new subscriber.
        guard event.stamps.published >= feeding.began else { return nil }
        if json {
            try printJSON(LabelEventOutput(event))
        } else if let failure = event.failure {
            Terminal.error("\(event.stream): the daemon could not read it: \(failure)")
        } else if event.spans.isEmpty, event.state == .final {
            print(event.text)
        } else {
            for span in event.spans where span.state == .final { print(feeding.line(span)) }
        }
        fflush(nil)
        return event
    }
}

/// Turns recordings into the packets of one stream, on a clock of their own.
struct SensorFeeding {
    let stream: StreamName
    /// Unix µs: the epoch of the packets.
    let began: Int64
    private var sequence: UInt64 = 0
    /// Sensor time of the current recording's first vector, µs.
    private var origin: Int64

    init(stream: StreamName) {
        self.stream = stream
        began = Int64(Date().timeIntervalSince1970 * 1e6)
        origin = began
    }

    /// The packets of a recording, a tenth of a second each, and when to send each: seconds after the first. The last one ends the segment.
    mutating func packets(of recording: SensorRecording) -> [(packet: FeaturePacket, due: Double)] {
        if sequence > 0 { origin += 60_000_000 }
        var packets: [(FeaturePacket, Double)] = []
        func next(_ content: FeaturePacket.Content) -> FeaturePacket {
            FeaturePacket(epoch: UInt64(max(0, began)), sequence: takeNumber(), content: content)
        }
        let channels = recording.namesChannels ? recording.channels : []
        packets.append((greeting(takeNumber(), channels: channels), 0))
        for (frames, due) in recording.pieces(from: origin) { packets.append((next(.frames(frames)), due)) }
        let seconds = Double(recording.count) / recording.rate
        packets.append((next(.endOfSegment), seconds))
        return packets
    }

    /// The number that the next packet will have.
    var nextNumber: UInt64 { sequence }

    mutating func takeNumber() -> UInt64 {
        defer { sequence += 1 }
        return sequence
    }

    func greeting(_ sequence: UInt64, channels: [String]) -> FeaturePacket {
        FeaturePacket(
            epoch: UInt64(max(0, began)), sequence: sequence,
            content: .hello(StreamHello(device: "ductus feed", channels: channels)))
    }

    /// A span as a line: begin and end in seconds from the recording's begin, name, confidence.
    func line(_ span: LabelEvent.Span) -> String {
        let times = span.time.map { [$0.lowerBound, $0.upperBound] } ?? []
        let seconds = times.map { String(format: "%.2f", Double($0 - origin) / 1e6) }
        return (seconds + [span.name, String(format: "%.2f", span.confidence)]).joined(separator: "\t")
    }
}
