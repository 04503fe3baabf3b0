import DuctusInk
import DuctusStreaming
import DuctusWire
import SwiftProtobuf
import Testing

@Suite struct InkPacketWireTests {
    private func roundTrip(_ content: InkPacket.Content) throws -> InkPacket.Content {
        let packet = InkPacket(epoch: 77, sequence: 5, content: content)
        let read = try InkPacket(wire: packet.wire())
        #expect(read.epoch == 77 && read.sequence == 5)
        return read.content
    }

    @Test func samplesWithEverythingComeThrough() throws {
        var samples: [PenSample] = []
        for index in 0..<50 {
            let time = Int64(1_700_000_000_000_000 + index * 7500 - index % 3)
            let (x, y, pressure) = (Float(index), -Float(index) / 3, Float(index) / 50)
            let sample = Sample(x: x, y: y, time: time, pressure: pressure, tiltX: -12.5, tiltY: 30)
            samples.append(PenSample(sample, contact: index % 7 != 0))
        }
        #expect(try roundTrip(.samples(samples, firstStroke: 4)) == .samples(samples, firstStroke: 4))
    }

    @Test func bareSamplesComeThrough() throws {
        let samples = [PenSample(Sample(x: 1, y: 2)), PenSample(Sample(x: 3, y: 4))]
        #expect(try roundTrip(.samples(samples, firstStroke: nil)) == .samples(samples, firstStroke: nil))
        #expect(try roundTrip(.samples([], firstStroke: nil)) == .samples([], firstStroke: nil))
    }

    @Test func whatSomeSamplesLackIsLeftOutForAll() throws {
        let samples = [PenSample(Sample(x: 1, y: 2, pressure: 0.5)), PenSample(Sample(x: 3, y: 4))]
        let bare = [PenSample(Sample(x: 1, y: 2)), PenSample(Sample(x: 3, y: 4))]
        #expect(try roundTrip(.samples(samples, firstStroke: nil)) == .samples(bare, firstStroke: nil))
    }

    @Test func otherContentsComeThrough() throws {
        let hello = StreamHello(
            writer: "anna", device: "Tablet X", unit: .pixel, resolution: 100,
            area: .init(x: 0, y: 1, width: 2, height: 3),
            precedingText: "Dear ", language: "en")
        for content in [
            InkPacket.Content.hello(hello), .hello(StreamHello()), .endOfSegment, .retraction([3, 9]), .proximityOut,
        ] {
            #expect(try roundTrip(content) == content)
        }
    }

    @Test func millimetresNeedNoResolution() throws {
        var message = WireInkMessage()
        message.hello = .with { $0.unit = .millimetre }
        #expect(try InkPacket(wire: message.wire()).content == .hello(StreamHello(unit: .millimetre, resolution: 1)))
    }

    private func faulty(_ fault: WireFault, _ change: (inout WireInkMessage) -> Void) {
        var message = WireInkMessage()
        change(&message)
        #expect(throws: fault) { try InkPacket(wire: message.wire()) }
    }

    @Test func unequalColumnsAreNamed() {
        faulty(.column("y", count: 1, expected: 2)) {
            $0.samples = .with {
                $0.x = [1, 2]; $0.y = [1]
            }
        }
        faulty(.column("time", count: 1, expected: 2)) {
            $0.samples = .with {
                $0.x = [1, 2]; $0.y = [1, 2]; $0.time = [1]
            }
        }
        faulty(.column("contact", count: 3, expected: 1)) {
            $0.samples = .with {
                $0.x = [1]; $0.y = [1]; $0.contact = [true, true, true]
            }
        }
        faulty(.column("tilt_y", count: 0, expected: 1)) {
            $0.samples = .with {
                $0.x = [1]; $0.y = [1]; $0.tiltX = [1]
            }
        }
    }

    @Test func absurdValuesAreRefused() {
        faulty(.outOfRange("time")) {
            $0.samples = .with {
                $0.x = [1, 2]; $0.y = [1, 2]; $0.time = [.max, 1]
            }
        }
        let many = WireLimits.samples + 1
        faulty(.tooMany("samples", count: many, limit: WireLimits.samples)) {
            $0.samples.x = [Float](repeating: 0, count: many)
        }
        faulty(.tooMany("strokes", count: 70_000, limit: WireLimits.strokes)) {
            $0.retraction.strokes = [UInt32](repeating: 0, count: 70_000)
        }
        faulty(.outOfRange("writer")) { $0.hello = .with { $0.writer = "../../etc" } }
        faulty(.outOfRange("rotation")) { $0.hello = .with { $0.rotation = 45 } }
        faulty(.outOfRange("resolution")) { $0.hello = .with { $0.resolution = .nan } }
        faulty(.outOfRange("area")) {
            $0.hello = .with {
                $0.area = .with {
                    $0.width = -1; $0.height = 1
                }
            }
        }
        faulty(.tooLong("device", bytes: 300, limit: 256)) {
            $0.hello = .with { $0.device = String(repeating: "d", count: 300) }
        }
        faulty(.unknownBody) { $0.epoch = 1 }
    }

    @Test func positionsThatAreNotFinitePassForTheSessionToCount() throws {
        var message = WireInkMessage()
        message.samples = .with {
            $0.x = [.nan, 1]; $0.y = [0, .infinity]
        }
        guard case .samples(let samples, nil) = try InkPacket(wire: message.wire()).content else {
            Issue.record("no samples")
            return
        }
        #expect(samples.count == 2 && samples[0].sample.x.isNaN && samples[1].sample.y.isInfinite)
    }

    @Test func otherVersionsAreRefused() throws {
        var message = WireInkMessage()
        message.endOfSegment = WireEndOfSegment()
        for version in [UInt32(0), 2, .max] {
            message.version = version
            let bytes: [UInt8] = try message.serializedBytes()
            #expect(throws: WireFault.unsupportedVersion(version)) { try InkPacket(wire: bytes) }
        }
    }
}
