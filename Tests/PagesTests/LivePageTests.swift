import DuctusInk
import DuctusPages
import Testing

@Suite struct LivePageTests {
    /// The strokes of each segment, if one ends at every stroke that goes to another line.
    private func segments(_ page: WrittenPage) -> [[Int]] {
        var live = LivePage(), segments: [[Int]] = []
        for (at, stroke) in page.strokes.enumerated() {
            let decision = live.add(stroke.samples)
            if segments.isEmpty {
                segments.append([at])
            } else if decision.place == .sameLine {
                segments[segments.count - 1].append(at)
            } else {
                let along = segments[segments.count - 1].suffix(decision.strokes - 1)
                segments[segments.count - 1].removeLast(along.count)
                segments.append(along + [at])
            }
        }
        return segments
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 5] as [UInt64])
    func linesEndWhereThePageReaderEndsThem(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        try page.write(prose)
        #expect(segments(page) == page.found())
    }

    @Test(arguments: [Writer.Hand.printed, .mixed], [1, 2, 3, 4, 5, 6, 8] as [UInt64])
    func shortLinesAreLines(hand: Writer.Hand, writer: UInt64) throws {
        try checkShortLines(WrittenPage(writer: writer, hand: hand))
    }

    @Test(arguments: [1, 2, 3, 4, 6, 8] as [UInt64])
    func shortLinesOfJoinedWordsAreLines(writer: UInt64) throws {
        try checkShortLines(WrittenPage(writer: writer, hand: .joined))
    }

    private func checkShortLines(_ empty: WrittenPage) throws {
        var page = empty
        try page.write(["milk", "eggs", "tea", "oil", "salt"])
        #expect(segments(page) == page.lines)
        #expect(page.found() == page.lines)
    }

    @Test func aSecondColumnBeginsALine() throws {
        var page = WrittenPage()
        try page.write(prose)
        let edge = try #require(Bounds(around: page.strokes)).maxX
        try page.write(["the second column", "begins beside it", "and is narrower"], x: edge + page.pitch)
        #expect(segments(page) == page.lines)
    }

    @Test func aHeadingAddedAboveBeginsALine() throws {
        var page = WrittenPage()
        try page.write(prose, y: 3 * page.pitch)
        try page.write("Meeting notes", x: 0, y: 0)
        #expect(segments(page) == page.lines)
    }

    @Test func aReturnToAnEarlierLineIsTold() throws {
        var page = WrittenPage()
        try page.write(Array(prose.prefix(3)))
        var live = LivePage()
        for stroke in page.strokes { live.add(stroke.samples) }
        let edge = try #require(Bounds(around: page.lines[0].map { page.strokes[$0] })).maxX
        var word = WrittenPage()
        try word.write("now", x: edge + page.pitch / 3, y: 0)
        #expect(live.add(try #require(word.strokes.first).samples).place == .earlierLine(0))
    }

    @Test func nothingIsNoLine() {
        var live = LivePage()
        #expect(live.add([Sample]()).place == .sameLine)
        #expect(live.add([Sample(x: .nan, y: 0)]).place == .sameLine)
        #expect(live.isEmpty)
    }
}
