import DuctusDaemon
import DuctusInk
import DuctusStreaming
import StreamingTestSupport
import Testing

@Suite struct SegmentMemoryTests {
    private func segment(_ number: UInt64, of stream: String = "desk", writer: String? = nil, samples: Int = 10)
        -> FinishedSegment
    {
        let event = LabelEvent(
            stream: .named(stream), epoch: 1, number: number, segment: number, state: .final, text: "\(number)",
            committed: 0,
            symbols: [], generation: .init(number: 0), sampleCount: samples,
            stamps: .init(arrived: 0, decided: 0, published: 0))
        let strokes = [Stroke((0..<samples).map { Sample(x: Float($0), y: 0) })]
        return FinishedSegment(event: event, pipeline: "ink", writer: writer, evidence: .ink(strokes))
    }

    private func place(_ number: UInt64, _ memory: SegmentMemory, in stream: String = "desk") -> String {
        switch memory.place(of: number, in: .named(stream)) {
        case .known(let segment): segment.event.text
        case .tooOld: "too old"
        case .unknown: "unknown"
        }
    }

    @Test func theNewestOfAStream_areKnown() {
        var memory = SegmentMemory(perStream: 2)
        for number in 3...5 { memory.keep(segment(UInt64(number))) }
        #expect([2, 3, 4, 5, 6].map { place($0, memory) } == ["too old", "too old", "4", "5", "unknown"])
        #expect(place(4, memory, in: "other") == "unknown")
    }

    @Test func allTogether_theyTakeNoMoreThanTheLimit() {
        let size = segment(1).byteCount
        var memory = SegmentMemory(limit: 3 * size, perStream: 64)
        for number in 1...2 { for stream in ["a", "b"] { memory.keep(segment(UInt64(number), of: stream)) } }
        #expect(place(1, memory, in: "a") == "too old")
        #expect(
            place(1, memory, in: "b") == "1" && place(2, memory, in: "a") == "2" && place(2, memory, in: "b") == "2")
    }

    @Test func whatIsReadAgain_countsOnce() {
        let size = segment(1).byteCount
        var memory = SegmentMemory(limit: 2 * size, perStream: 64)
        for _ in 0..<5 { memory.keep(segment(1)) }
        memory.keep(segment(2))
        #expect(place(1, memory) == "1" && place(2, memory) == "2")
    }

    @Test func aWriterCanBeForgotten() {
        var memory = SegmentMemory()
        memory.keep(segment(1, writer: "anna"))
        memory.keep(segment(2, writer: "ben"))
        memory.forget(writer: "anna")
        #expect(place(1, memory) == "too old" && place(2, memory) == "2")
    }
}
