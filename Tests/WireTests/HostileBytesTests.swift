import Ink
import Randomness
import Streaming
import Testing
import Wire

/// Mutated messages, seeded: whatever the bytes are, decoding ends in a value or a fault.
@Suite struct HostileBytesTests {
    @Test func noBytesCrashADecoder() throws {
        var random = SplitMix64(seed: 11)
        let samples = (0..<40).map { PenSample(Sample(x: Float($0), y: 1, time: Int64($0), pressure: 0.5), contact: $0 % 9 > 0) }
        let seeds: [[UInt8]] = [
            try InkPacket(epoch: 1, sequence: 2, content: .samples(samples, firstStroke: 3)).wire(),
            try InkPacket(epoch: 1, sequence: 2, content: .hello(StreamHello(writer: "a", precedingText: "b"))).wire(),
            try FeaturePacket(
                epoch: 1, sequence: 2, content: .frames(.init(time: 1, rate: 50, channels: 2, values: [1, 2, 3, 4]))).wire(),
            try WireControlRequest(id: 3, .correct(.with { ($0.stream, $0.text) = ("a", "b") })).wire(),
        ]
        var accepted = 0
        for round in 0..<40_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int(random.next() % 4) + 1 where !bytes.isEmpty {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                default: bytes.removeLast(min(bytes.count, Int(random.next() % 8)))
                }
            }
            if (try? InkPacket(wire: bytes)) != nil { accepted += 1 }
            if (try? FeaturePacket(wire: bytes)) != nil { accepted += 1 }
            if (try? LabelEvent(wire: bytes)) != nil { accepted += 1 }
            if (try? WireControlRequest(wire: bytes)) != nil { accepted += 1 }
            _ = try? Topic(wire: bytes)
        }
        #expect(accepted > 0)
    }
}
