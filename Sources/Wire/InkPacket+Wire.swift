import DuctusInk
import DuctusStreaming

extension InkPacket {
    /// The topic of a pen's packets.
    package static func topic(of stream: StreamName) -> Topic { .ink(stream) }

    /// Decodes the second frame of a message on an ink topic.
    package init(wire bytes: [UInt8]) throws(WireFault) {
        let message = try WireInkMessage(wire: bytes)
        let content: Content
        switch message.body {
        case .hello(let hello): content = .hello(try StreamHello(hello))
        case .samples(let samples):
            content = .samples(try samples.samples(), firstStroke: samples.hasFirstStroke ? samples.firstStroke : nil)
        case .endOfSegment: content = .endOfSegment
        case .retraction(let retraction):
            try Checks.count("strokes", retraction.strokes.count, limit: WireLimits.strokes)
            content = .retraction(retraction.strokes)
        case .proximityOut: content = .proximityOut
        case nil: throw .unknownBody
        }
        self.init(epoch: message.epoch, sequence: message.sequence, content: content)
    }

    /// The second frame of a message on an ink topic.
    package func wire() throws(WireFault) -> [UInt8] {
        var message = WireInkMessage()
        message.epoch = epoch
        message.sequence = sequence
        switch content {
        case .hello(let hello): message.hello = hello.wire
        case .samples(let samples, let firstStroke): message.samples = WireInkSamples(samples, firstStroke: firstStroke)
        case .endOfSegment: message.endOfSegment = WireEndOfSegment()
        case .retraction(let strokes): message.retraction = .with { $0.strokes = strokes }
        case .proximityOut: message.proximityOut = WireProximityOut()
        }
        return try message.wire()
    }
}
