import DuctusRecognition
import DuctusStreaming

extension LiveReader {
    /// A new sensor.
    ///
    /// - Parameters:
    ///   - name: as of a pen.
    ///   - channels: names of its channels, in the order of a vector's numbers.
    ///   - rate: vectors a second.
    /// - Throws: `ModelError.wrongInput` where the model reads ink; ``StreamFault/name(_:)``.
    public func makeSensor(name: String? = nil, channels: [String], rate: Double) throws -> SensorStream {
        SensorStream(try makeFeed(.features, name, StreamHello(channels: channels)), channels.count, rate: rate)
    }
}
