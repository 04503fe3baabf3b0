import DuctusStreaming

/// One sensor that is read while it measures.
///
///     let sensor = try reader.makeSensor(channels: ["x", "y", "z"], rate: 50)
///     try sensor.add([0.1, -0.2, 9.8])
///
/// A sensor that goes out of scope is finished. Used from any thread; vectors keep their order if one thread adds them.
public final class SensorStream: Sendable {
    private let feed: StreamFeed
    private let channels: Int
    private let rate: Double

    init(_ feed: StreamFeed, _ channels: Int, rate: Double) {
        self.feed = feed
        self.channels = channels
        self.rate = rate
    }

    deinit { finish() }

    /// The name that its labels carry.
    public var name: String { feed.stream.text }

    /// The labels of the stream, as they are read. For one consumer.
    public var labels: Labels { Labels(queue: feed.queue) }

    /// The labels that came since the last call, for programs with a loop of their own.
    public func takeLabels() -> [Label] { feed.queue.takeAll() }

    /// Adds vectors.
    ///
    /// - Parameters:
    ///   - values: one vector after the other, a number for each channel; NaN where it is missing.
    ///   - time: of the first vector, µs of the sensor's own clock; nil where it has none.
    /// - Throws: ``StreamFault``; then none of them was taken.
    public func add(_ values: [Float], time: Int64? = nil) throws(StreamFault) {
        guard channels > 0, values.count % channels == 0 else {
            throw .width(found: values.count, channels: channels)
        }
        try send(.frames(FeatureFrames(time: time, rate: Float(rate), channels: channels, values: values)))
    }

    /// Ends the recording that is open: its final label comes next.
    public func endRecording() throws(StreamFault) { try send(.endOfSegment) }

    /// Ends the recording and the stream: ``labels`` ends after the last final.
    public func finish() {
        feed.finish { FeaturePacket(epoch: $0, sequence: $1, content: .endOfSegment) }
    }

    private func send(_ content: FeaturePacket.Content) throws(StreamFault) {
        try feed.send {
            FeaturePacket(epoch: $1, sequence: $2, content: .hello($0))
        } _: {
            FeaturePacket(epoch: $0, sequence: $1, content: content)
        }
    }
}
