import DuctusInk
import DuctusStreaming

/// The messages that one pen would publish: its numbered packets in order, each with its sending time.
///
/// For example:
///
///     var recording = InkRecording(stream: stream)
///     try recording.send(.hello(StreamHello(device: "tablet")), at: 0)
///     try recording.write(strokes)
///     try recording.send(.endOfSegment)
package struct InkRecording: Sendable {
    package let stream: StreamName
    package let epoch: UInt64
    package private(set) var records: [FixtureRecord] = []
    /// The time at which the latest packet left, µs.
    package private(set) var time: Int64 = 0
    /// The number that the next stroke gets.
    package private(set) var nextStroke: UInt32 = 0
    private var sequence: UInt64 = 0

    /// About 50 ms of a tablet at 133 Hz.
    package static let reportsPerPacket = 7

    package init(stream: StreamName, epoch: UInt64 = 1) {
        self.stream = stream
        self.epoch = epoch
    }

    /// Adds a packet that leaves at `time`, or together with the one before it.
    package mutating func send(_ content: InkPacket.Content, at time: Int64? = nil) throws(WireFault) {
        self.time = max(self.time, time ?? self.time)
        let packet = InkPacket(epoch: epoch, sequence: sequence, content: content)
        records.append(FixtureRecord(topic: Topic.ink(stream).description, time: self.time, payload: try packet.wire()))
        sequence += 1
    }

    /// Adds strokes as a pen reports them: some samples at a time, and a report without contact when the pen is lifted.
    ///
    /// - Parameter isClocked: whether the packets tell the samples' times; that they leave then is so in any case.
    package mutating func write(
        _ strokes: [Stroke], reportsPerPacket: Int = reportsPerPacket, isClocked: Bool = true
    ) throws(WireFault) {
        for stroke in strokes {
            let samples = stroke.samples
            for first in stride(from: 0, to: samples.count, by: max(1, reportsPerPacket)) {
                let end = min(first + max(1, reportsPerPacket), samples.count)
                var reports = samples[first..<end].map { PenSample($0) }
                if end == samples.count, let lifted = reports.last {
                    reports.append(PenSample(lifted.sample, contact: false))
                }
                if !isClocked { for index in reports.indices { reports[index].sample.time = nil } }
                try send(.samples(reports, firstStroke: nextStroke), at: samples[end - 1].time)
            }
            nextStroke &+= 1
        }
    }
}
