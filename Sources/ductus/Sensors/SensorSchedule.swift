import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusWire

/// Many simulated sensors that move without end, as packets in the order of time.
struct SensorSchedule {
    private(set) var packets: [BenchmarkPacket] = []
    let seconds: Double
    /// The packets that each stream sends.
    private var recordings: [StreamName: SensorRecording] = [:]

    /// - Parameters:
    ///   - rate: vectors per second of each stream.
    ///   - channels: those that the model reads. A simulated sensor has three; the others repeat them.
    init(streams: Int, rate: Double, seconds: Double, channels: [String], seed: UInt64) throws {
        self.seconds = seconds
        let random = SplitMix64(seed: seed)
        for number in 0..<streams {
            guard let stream = StreamName("sensor-\(number)") else { continue }
            var random = random.split(number)
            var sensor = SimulatedSensor(subject: stream.text, rate: rate, seed: random.next())
            var recording = sensor.recording(id: stream.text, seconds: seconds)
            recording.values = ChannelOrder(of: channels.indices.map { "\($0 % 3)" }, among: ["0", "1", "2"]).arrange(
                recording.values)
            recording.channels = channels
            // Sensors do not begin together.
            try send(recording, of: stream, from: Int64(random.uniform() * 1e6))
            recordings[stream] = recording
        }
        packets.arrange()
    }

    var streamCount: Int { recordings.count }

    private mutating func send(_ recording: SensorRecording, of stream: StreamName, from start: Int64) throws {
        var sequence: UInt64 = 0
        func send(_ content: FeaturePacket.Content, at time: Int64, to packets: inout [BenchmarkPacket]) throws {
            let packet = FeaturePacket(epoch: 1, sequence: sequence, content: content)
            packets.append(
                BenchmarkPacket(time: time, topic: Topic.features(stream).wire, payload: try packet.wire(), number: 0))
            sequence += 1
        }
        try send(.hello(StreamHello(device: "simulated", channels: recording.channels)), at: start, to: &packets)
        for (frames, due) in recording.pieces(from: start) {
            try send(.frames(frames), at: start + Int64(due * 1e6), to: &packets)
        }
        try send(.endOfSegment, at: start + Int64(seconds * 1e6), to: &packets)
    }

    /// Counts the streams whose labels are missing, or others than those that the stream alone gives.
    func check(_ tally: BenchmarkTally, with reader: StreamedSensorReader) throws -> (wrong: Int, missing: Int) {
        var (wrong, missing) = (0, 0)
        let finals = Dictionary(grouping: tally.finals, by: \.stream)
        for (stream, recording) in recordings {
            guard let final = finals[stream]?.first else {
                missing += 1
                continue
            }
            let alone = try reader.read(recording)
            let isSame =
                final.text == alone.reading.final && finals[stream]?.count == 1
                && (tally.spans[stream] ?? []).elementsEqual(alone.spans) {
                    $0.name == $1.name && $0.frames == $1.frames
                }
            if !isSame { wrong += 1 }
        }
        return (wrong, missing)
    }
}
