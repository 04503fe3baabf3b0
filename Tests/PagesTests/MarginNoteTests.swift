import DuctusInk
import DuctusPages
import DuctusRandomness
import Testing

@Suite struct MarginNoteTests {
    private func right(_ strokes: [Stroke]) throws -> Float { try #require(Bounds(around: strokes)).maxX }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 5] as [UInt64])
    func aWordInTheRightMarginIsALine(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        try page.write(prose)
        try page.write("later", x: right(page.strokes) + 1.4 * page.pitch, y: 2 * page.pitch)
        #expect(Set(page.found()) == Set(page.lines))
        let found = page.found()
        let note = try #require(found.firstIndex(of: page.lines[5])),
            line = try #require(found.firstIndex(of: page.lines[2]))
        #expect(note == line + 1)
    }

    @Test(arguments: [1, 2, 5] as [UInt64])
    func aWordInTheLeftMarginIsALineBeforeIt(writer: UInt64) throws {
        var page = WrittenPage(writer: writer)
        try page.write("later", x: 0, y: 2 * page.pitch)
        try page.write(prose, x: right(page.strokes) + 1.4 * page.pitch)
        let found = page.found()
        #expect(Set(found) == Set(page.lines))
        let note = try #require(found.firstIndex(of: page.lines[0])),
            line = try #require(found.firstIndex(of: page.lines[3]))
        #expect(note == line - 1)
    }

    @Test func aWordThatFollowsItsLineIsOfTheLineUnlessTheGapIsWide() throws {
        for (gap, isNote) in [(Float(0.3), false), (1.4, true)] {
            var page = WrittenPage()
            try page.write(Array(prose[..<3]))
            let edge = try right(page.strokes)
            try page.write("later", x: edge + gap * page.pitch, y: 2 * page.pitch)
            for (row, text) in prose[3...].enumerated() { try page.write(text, x: 0, y: Float(3 + row) * page.pitch) }
            let joined = (page.lines[2] + page.lines[3]).sorted()
            #expect(page.found().contains(joined) != isNote, "a gap of \(gap)")
        }
    }

    @Test func numbersBeforeLinesAreOfTheLines() throws {
        var page = WrittenPage()
        try page.write(prose, x: 1.2 * page.pitch)
        try page.write("2", x: 0, y: page.pitch)
        let joined = (page.lines[1] + page.lines[5]).sorted()
        #expect(page.found().contains(joined))
    }
}
