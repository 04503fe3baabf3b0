import DuctusRecognition
import DuctusStreaming

extension LiveReader {
    /// A new sensor.
    ///
    /// - Parameters:
    ///   - name: the stream's name in labels, 1 to 64 of `A-Z a-z 0-9 _ -`.
    ///   - channels: names of its channels, in the order of a vector's numbers.
    ///   - rate: vectors a second.
    /// - Throws: `ModelError.wrongInput` where the model reads ink; ``StreamFault/name(_:)``.
    public func makeSensor(name: String? = nil, channels: [String], rate: Double) throws -> SensorStream {
        SensorStream(try makeFeed(.features, name, StreamHello(channels: channels)), channels.count, rate: rate)
    }
}
