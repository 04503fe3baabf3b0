/// One message of a sensor's publisher, topic `features.<stream>`.
public struct FeaturePacket: StreamPacket, Equatable {
    public var epoch: UInt64
    public var sequence: UInt64
    /// The content of the packet.
    public var content: Content

    /// The content of a packet of vectors.
    public enum Content: Equatable, Sendable {
        case hello(StreamHello)
        case frames(FeatureFrames)
        /// The recording or utterance is over: what is pending becomes final.
        case endOfSegment
    }

    /// A packet of a sensor's stream.
    public init(epoch: UInt64, sequence: UInt64, content: Content) {
        self.epoch = epoch
        self.sequence = sequence
        self.content = content
    }

    public var role: PacketRole {
        switch content {
        case .hello(let hello): .hello(hello)
        case .frames: .input
        case .endOfSegment: .end(.explicit)
        }
    }

    public func greeting(with hello: StreamHello) -> Self {
        guard case .hello = content else { return self }
        return Self(epoch: epoch, sequence: sequence, content: .hello(hello))
    }

    public var byteCount: Int {
        switch content {
        case .frames(let frames): 256 + frames.values.count * MemoryLayout<Float>.stride
        case .hello(let hello): 256 + hello.byteCount
        case .endOfSegment: 256
        }
    }
}

/// Feature vectors, row-major: `values.count` is a multiple of `channels`. A missing value is NaN.
public struct FeatureFrames: Equatable, Sendable {
    /// Time of the first vector in µs; nil where the sensor has no clock.
    public var time: Int64?
    /// Vectors per second.
    public var rate: Float
    /// Numbers per vector, 1 at least.
    public var channels: Int
    /// Row-major: vectors × channels.
    public var values: [Float]

    public var count: Int { channels > 0 ? values.count / channels : 0 }

    /// Some of these vectors.
    func part(_ vectors: Range<Int>) -> FeatureFrames {
        let later = vectors.lowerBound == 0 ? 0 : Int64((Double(vectors.lowerBound) / Double(rate) * 1e6).rounded())
        return FeatureFrames(
            time: time.map { $0 &+ later }, rate: rate, channels: channels,
            values: Array(values[vectors.lowerBound * channels..<vectors.upperBound * channels]))
    }

    /// Vectors of a sensor.
    ///
    /// - Parameters:
    ///   - time: time of the first vector in µs; nil where the sensor has no clock.
    ///   - rate: vectors per second.
    ///   - values: row-major, vectors × channels; NaN where a channel was silent.
    public init(time: Int64? = nil, rate: Float, channels: Int, values: [Float]) {
        self.time = time
        self.rate = rate
        self.channels = channels
        self.values = values
    }
}
