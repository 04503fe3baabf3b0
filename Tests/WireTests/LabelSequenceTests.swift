import DuctusStreaming
import DuctusWire
import Testing

@Suite struct LabelSequenceTests {
    private func frames(_ stream: String, number: UInt64, epoch: UInt64 = 1, topic: String? = nil) throws -> [[UInt8]] {
        let name = try #require(StreamName(stream))
        let event = LabelEvent(
            stream: name, epoch: epoch, number: number, segment: 1, state: .partial, text: "a", committed: 0,
            symbols: [], generation: .init(number: 0), sampleCount: 1,
            stamps: .init(arrived: 0, decided: 0, published: 0))
        return [Array((topic ?? "labels.\(stream)").utf8), try event.wire()]
    }

    @Test func eachEventComesOnce() throws {
        var sequence = LabelSequence()
        #expect(sequence.event(in: try frames("p", number: 1))?.number == 1)
        #expect(sequence.event(in: try frames("p", number: 1)) == nil, "seen before")
        #expect(sequence.event(in: try frames("q", number: 1)) != nil, "another stream")
        #expect(sequence.event(in: try frames("p", number: 3)) != nil)
        #expect(sequence.event(in: try frames("p", number: 2)) == nil, "older")
        #expect(sequence.event(in: try frames("p", number: 1, epoch: 2)) != nil, "a new life of the stream")
    }

    @Test func whatIsNoEventIsPassedOver() throws {
        var sequence = LabelSequence()
        #expect(sequence.event(in: []) == nil)
        #expect(sequence.event(in: [Array("labels.p".utf8), [1, 2, 3]]) == nil)
        #expect(sequence.event(in: try frames("p", number: 1, topic: "labels.q")) == nil, "of another topic")
    }
}
