import DuctusWire
import Testing

@Suite struct KeptInputTests {
    private func input(_ strokes: [UInt32?]) -> KeptInput {
        var kept = KeptInput()
        for (number, stroke) in strokes.enumerated() {
            kept.keep([UInt8(number)], sequence: UInt64(number + 1), stroke: stroke, endsSegment: stroke == nil)
        }
        return kept
    }

    @Test func whatHasNoFinalIsSentAgainBehindAHello() throws {
        let again = try #require(input([0, 0, 1]).again)
        #expect(again.hello == 0 && again.payloads == [[0], [1], [2]])
    }

    @Test func aFinalReleasesItsStrokesAndWhatEndedThem() throws {
        var kept = input([0, 1, nil, 2, 3])
        kept.release(strokes: [0, 1])
        let again = try #require(kept.again)
        #expect(again.hello == 3 && again.payloads == [[3], [4]])
        kept.release(strokes: [2, 3])
        #expect(kept.again == nil && kept.isEmpty)
    }

    @Test func anOlderFinalReleasesNothingMore() throws {
        var kept = input([4, 5])
        kept.release(strokes: [2, 3])
        kept.release(strokes: [])
        #expect(try #require(kept.again).payloads.count == 2)
        kept.release(strokes: [4])
        #expect(try #require(kept.again).payloads == [[1]])
    }

    @Test func withoutStrokesASegmentIsReleasedByItsEnd() throws {
        var kept = KeptInput()
        for number in 0..<6 { kept.keep([UInt8(number)], sequence: UInt64(number), endsSegment: number % 3 == 2) }
        kept.releaseFirstSegment()
        #expect(try #require(kept.again).payloads == [[3], [4], [5]])
    }

    @Test func anEndAloneIsNotKeptAndTheOldestGivesWay() throws {
        var kept = KeptInput(limit: 4)
        kept.keep([0], sequence: 1, endsSegment: true)
        #expect(kept.isEmpty)
        for number in 1...4 { kept.keep([UInt8(number), 0], sequence: UInt64(number), stroke: 0) }
        #expect(try #require(kept.again).payloads == [[3, 0], [4, 0]])
    }
}
