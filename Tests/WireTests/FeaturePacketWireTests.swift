import DuctusStreaming
import DuctusWire
import Testing

@Suite struct FeaturePacketWireTests {
    @Test func framesComeThrough() throws {
        let frames = FeatureFrames(time: -5, rate: 50, channels: 3, values: [1, 2, 3, 4, 5, 6])
        let packet = FeaturePacket(epoch: 1, sequence: 2, content: .frames(frames))
        #expect(try FeaturePacket(wire: packet.wire()) == packet)
        for content in [FeaturePacket.Content.hello(StreamHello(writer: "s1", channels: ["x", "y"])), .endOfSegment] {
            let packet = FeaturePacket(epoch: 1, sequence: 2, content: content)
            #expect(try FeaturePacket(wire: packet.wire()) == packet)
        }
    }

    @Test func missingValuesAreNotNumbers() throws {
        let frames = FeatureFrames(rate: 50, channels: 2, values: [1, .nan, .infinity, -.infinity])
        let packet = FeaturePacket(epoch: 1, sequence: 0, content: .frames(frames))
        guard case .frames(let read) = try FeaturePacket(wire: packet.wire()).content else {
            Issue.record("no frames")
            return
        }
        #expect(read.values[0] == 1 && read.values.dropFirst().allSatisfy(\.isNaN))
        #expect(read.time == nil)
    }

    @Test(arguments: [
        (UInt32(0), 4, Float(50), WireFault.outOfRange("channels")),
        (5000, 4, 50, .outOfRange("channels")),
        (3, 4, 50, .column("values", count: 4, expected: 6)),
        (2, 4, 0, .outOfRange("rate")),
        (2, 4, -1, .outOfRange("rate")),
        (2, 4, .nan, .outOfRange("rate")),
        (2, 4, .infinity, .outOfRange("rate")),
    ])
    func shapesThatDoNotFitAreRefused(channels: UInt32, count: Int, rate: Float, fault: WireFault) {
        var message = WireFeatureMessage()
        message.frames = .with {
            ($0.channels, $0.values, $0.rate) = (channels, [Float](repeating: 0, count: count), rate)
        }
        #expect(throws: fault) { try FeaturePacket(wire: message.wire()) }
    }
}
