import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation
import StreamingTestSupport

/// A simulated sensor that publishes, and notes what each of its segments holds.
struct SceneSensor {
    let stream: StreamName
    private(set) var records: [FixtureRecord] = []
    private(set) var segments: [SensorScene.Segment] = []

    private let seed: UInt64
    private var sensor: SimulatedSensor
    private let channels: [String]
    private var sequence: UInt64 = 0
    /// When the next packet leaves, µs, and how far the sensor's clock is ahead of that.
    private var time: Int64
    private var clock: Int64 = 5_000_000
    private var open: SensorScene.Segment

    private static let vectorsPerPacket = 5

    /// - Parameter channels: in the order of its vectors; others than those of a simulated sensor carry nothing.
    init(_ stream: String, seed: UInt64, channels: [String] = SimulatedSensor.channels, start: Double = 0) throws {
        self.stream = .named(stream)
        self.seed = seed
        sensor = SimulatedSensor(subject: stream, seed: seed)
        self.channels = channels
        time = Int64(start * 1e6)
        open = SensorScene.Segment(stream: self.stream)
        try send(.hello(StreamHello(device: "simulated", channels: channels)))
    }

    /// Moves on and publishes it, in packets of five vectors.
    ///
    /// - Parameters:
    ///   - lost: the packets, counted from the begin of this stretch, that do not arrive.
    ///   - dead: those in which the sensor gives no numbers.
    mutating func move(seconds: Double, rate: Double = 50, lost: Range<Int> = 0..<0, dead: Range<Int> = 0..<0) throws {
        // The seed is the body; it moves on where it was.
        if sensor.rate != rate {
            sensor = SimulatedSensor(subject: stream.text, rate: rate, seed: seed)
            if open.sampleCount > 0 { open.gaps.rateChanges += 1 }
        }
        let recording = sensor.recording(id: stream.text, seconds: seconds)
        let order = ChannelOrder(of: channels, among: recording.channels)
        open.movements += recording.spans.compactMap { SimulatedSensor.Movement(rawValue: $0.name) }
        open.sampleCount += recording.count
        if !lost.isEmpty { open.gaps.count += 1 }
        for (number, first) in stride(from: 0, to: recording.count, by: Self.vectorsPerPacket).enumerated() {
            let end = min(recording.count, first + Self.vectorsPerPacket)
            let isLost = lost.contains(number)
            var values = order.arrange(Array(recording.values[(first * 3)..<(end * 3)]))
            if dead.contains(number) {
                values = values.map { _ in .nan }
                if !isLost { open.gaps.dirtySamples += UInt64(end - first) }
            }
            let frames = FeatureFrames(time: time + clock, rate: Float(rate), channels: channels.count, values: values)
            time += Int64(Double(end - first) / rate * 1e6)
            if isLost {
                open.gaps.packets += 1
                sequence += 1
            } else {
                try send(.frames(frames))
            }
        }
    }

    /// The sensor's clock is set back.
    mutating func setClock(backBy seconds: Double) {
        clock -= Int64(seconds * 1e6)
        open.gaps.count += 1
        open.gaps.clockJumps += 1
    }

    mutating func end() throws {
        try send(.endOfSegment)
        segments.append(open)
        open = SensorScene.Segment(stream: stream)
        time += 500_000
    }

    private mutating func send(_ content: FeaturePacket.Content) throws {
        let packet = FeaturePacket(epoch: 1, sequence: sequence, content: content)
        records.append(FixtureRecord(topic: Topic.features(stream).description, time: time, payload: try packet.wire()))
        sequence += 1
    }
}
