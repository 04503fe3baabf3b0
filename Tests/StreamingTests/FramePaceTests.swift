import DuctusStreaming
import Testing

@Suite struct FramePaceTests {
    @Test func segmentsWithoutTimeCountNothing() {
        var pace = FramePace()
        #expect(pace.millisecondsPerFrame == 0)
        pace.add(frames: 100, duration: 0)
        pace.add(frames: 0, duration: 5_000)
        #expect(pace == FramePace())
    }

    @Test func meanIsOverAllFramesOfAllLanes() {
        var pace = FramePace(), other = FramePace()
        pace.add(frames: 100, duration: 2_000_000)
        other.add(frames: 300, duration: 4_000_000)
        pace.add(other)
        #expect(pace.millisecondsPerFrame == 15)
    }
}
