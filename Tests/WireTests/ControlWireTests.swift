import DuctusRecognition
import DuctusAdaptation
import DuctusWire
import SwiftProtobuf
import Testing

@Suite struct ControlWireTests {
    @Test func aRequestIsAnsweredUnderItsNumber() throws {
        let request = WireControlRequest(id: 9, .status(WireStatusRequest()))
        let read = try WireControlRequest(wire: request.wire())
        guard case .status = try read.asked() else {
            Issue.record("another request came out")
            return
        }
        let reply = WireControlReply(id: read.id, .status(.with { $0.ready = true }))
        guard case .status(let status) = try WireControlReply(wire: reply.wire()).answer() else {
            Issue.record("another reply came out")
            return
        }
        #expect(status.ready)
        #expect(reply.id == 9)
    }

    @Test func aFailureIsThrownWithItsRemedy() throws {
        let failure = ControlFailure(.unknownStream, "no stream 'x'", remedy: "see 'ductus status'")
        let reply = WireControlReply(id: 1, failure: failure)
        #expect(throws: failure) { try WireControlReply(wire: reply.wire()).answer() }
    }

    @Test func aRequestOfAnotherVersionIsRefusedUnderItsNumber() throws {
        var request = WireControlRequest(id: 31, .reload(WireReloadRequest()))
        request.version = 8
        let bytes: [UInt8] = try request.serializedBytes()
        let fault = #expect(throws: WireFault.self) { try WireControlRequest(wire: bytes) }
        let reply = WireControlReply(refusing: bytes, because: try #require(fault))
        #expect(reply.id == 31)
        #expect(reply.failure.code == .unsupportedVersion)
    }

    @Test func aJournaledSensorsSegmentComesThrough() throws {
        let vectors = SensorVectors(channels: ["x", "y"], rate: 50, values: [1, 2, 3, 4])
        let entry = WireJournalEntry.with {
            $0.vectors = WireFeatureFrames(vectors)
            $0.channels = vectors.channels
        }
        let read = try WireJournalEntry(serializedBytes: try entry.serializedBytes() as [UInt8])
        #expect(read == entry)
        #expect(read.channels == ["x", "y"] && read.vectors.values == [1, 2, 3, 4] && read.vectors.channels == 2)
    }

    @Test func garbageIsRefusedUnderNoNumber() {
        let reply = WireControlReply(refusing: [0xff, 0xff, 0xff], because: .malformed)
        #expect(reply.id == 0)
        #expect(reply.failure.code == .malformed)
        #expect(!reply.failure.remedy.isEmpty)
    }

    @Test func aRequestOfAnUnknownKindIsToldSo() throws {
        let empty = try WireControlRequest(wire: WireControlRequest().wire())
        let failure = #expect(throws: ControlFailure.self) { try empty.asked() }
        #expect(failure?.code == .unknownRequest)
    }
}
