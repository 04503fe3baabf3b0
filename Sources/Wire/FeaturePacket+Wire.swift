import DuctusStreaming

extension FeaturePacket {
    /// Decodes the second frame of a message on a features topic.
    package init(wire bytes: [UInt8]) throws(WireFault) {
        let message = try WireFeatureMessage(wire: bytes)
        let content: Content
        switch message.body {
        case .hello(let hello): content = .hello(try StreamHello(hello))
        case .frames(let frames): content = .frames(try FeatureFrames(frames))
        case .endOfSegment: content = .endOfSegment
        case nil: throw .unknownBody
        }
        self.init(epoch: message.epoch, sequence: message.sequence, content: content)
    }

    /// The second frame of a message on a features topic.
    package func wire() throws(WireFault) -> [UInt8] {
        var message = WireFeatureMessage()
        message.epoch = epoch
        message.sequence = sequence
        switch content {
        case .hello(let hello): message.hello = hello.wire
        case .frames(let frames): message.frames = try frames.wire()
        case .endOfSegment: message.endOfSegment = WireEndOfSegment()
        }
        return try message.wire()
    }
}

extension FeatureFrames {
    init(_ wire: WireFeatureFrames) throws(WireFault) {
        guard (1...UInt32(WireLimits.channels)).contains(wire.channels) else { throw .outOfRange("channels") }
        let channels = Int(wire.channels)
        try Checks.count("values", wire.values.count, limit: WireLimits.values)
        guard wire.values.count % channels == 0 else {
            let whole = wire.values.count / channels * channels
            throw .column("values", count: wire.values.count, expected: whole + channels)
        }
        guard WireLimits.rate.contains(wire.rate) else { throw .outOfRange("rate") }
        // Infinite values mean missing, as NaN does; inside there is only NaN.
        let values = wire.values.allSatisfy(\.isFinite) ? wire.values : wire.values.map { $0.isFinite ? $0 : .nan }
        self.init(time: wire.hasTime ? wire.time : nil, rate: wire.rate, channels: channels, values: values)
    }

    func wire() throws(WireFault) -> WireFeatureFrames {
        guard (1...WireLimits.channels).contains(channels) else { throw .outOfRange("channels") }
        var message = WireFeatureFrames()
        message.channels = UInt32(channels)
        message.values = values
        if let time { message.time = time }
        message.rate = rate
        return message
    }
}
