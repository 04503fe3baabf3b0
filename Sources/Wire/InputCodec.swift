import DuctusStreaming

/// The wire format of one kind of input: its topics and its messages.
package struct InputCodec: Sendable {
    package let input: Pipeline.Input
    /// The part of its topics before the stream's name.
    package let prefix: String
    /// Decodes the second frame of a message.
    package let decode: @Sendable (_ wire: [UInt8]) throws(WireFault) -> any StreamPacket
    /// A message with its epoch moved on by so much; nil for what is no packet.
    package let moved: @Sendable (_ wire: [UInt8], _ epochs: UInt64) -> [UInt8]?

    /// Every kind that the daemon takes in.
    package static let all = [ink, features]

    package static let ink =
        InputCodec(input: .ink, prefix: Topic.inkPrefix) { wire throws(WireFault) in
            try InkPacket(wire: wire)
        } moved: { wire, epochs in
            guard var packet = try? InkPacket(wire: wire) else { return nil }
            packet.epoch &+= epochs
            return try? packet.wire()
        }

    package static let features =
        InputCodec(input: .features, prefix: Topic.featuresPrefix) { wire throws(WireFault) in
            try FeaturePacket(wire: wire)
        } moved: { wire, epochs in
            guard var packet = try? FeaturePacket(wire: wire) else { return nil }
            packet.epoch &+= epochs
            return try? packet.wire()
        }

    /// The codec of an input, by its name; nil if the input does not come over the wire.
    package static func of(_ input: Pipeline.Input) -> InputCodec? { all.first { $0.input == input } }
    package static func named(_ name: String) -> InputCodec? { all.first { $0.input.rawValue == name } }

    /// The codec and the stream of a topic that is published to the daemon; nil for topics of the daemon's own.
    package static func of(_ topic: Topic) -> (codec: InputCodec, stream: StreamName)? {
        for codec in all {
            if let stream = codec.stream(of: topic) { return (codec, stream) }
        }
        return nil
    }

    /// The stream that a topic names, if it is one of this input's.
    package func stream(of topic: Topic) -> StreamName? { topic.prefix == prefix ? topic.stream : nil }
}
