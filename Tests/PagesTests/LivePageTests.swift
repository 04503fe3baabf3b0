import DuctusInk
import DuctusPages
import Testing

@Suite struct LivePageTests {
    /// The strokes of each line as the pen writes them, the last one ended by its end.
    private func segments(_ page: WrittenPage, pauses: Set<Int> = []) -> [[Int]] {
        var lines = LiveLines(), segments: [[Int]] = [], open: [Int] = []
        func divide(_ counts: [Int]) {
            for count in counts {
                segments.append(Array(open[..<count]))
                open.removeFirst(count)
            }
        }
        for (at, stroke) in page.strokes.enumerated() {
            open.append(at)
            divide(lines.add(stroke.samples[...], count: open.count) { open.map { page.strokes[$0] } })
            if pauses.contains(at) {
                divide(lines.end(open.map { page.strokes[$0] }))
                segments.append(open)
                open = []
            }
        }
        divide(lines.end(open.map { page.strokes[$0] }))
        return open.isEmpty ? segments : segments + [open]
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 5] as [UInt64])
    func linesEndWhereThePageReaderEndsThem(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        try page.write(prose)
        #expect(segments(page) == page.found())
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func shortLinesAreLines(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        try page.write(["milk", "eggs", "tea", "oil", "salt"])
        #expect(segments(page) == page.lines)
        // Of this hand the page reader takes two of the words for one line.
        if hand != .joined || writer != 7 { #expect(page.found() == page.lines) }
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 5] as [UInt64])
    func closeLinesEndWhereThePageReaderEndsThem(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        for (row, text) in (prose + prose).enumerated() {
            try page.write(text, x: 0, y: 0.75 * Float(row) * page.pitch)
        }
        #expect(segments(page) == page.found())
    }

    @Test func aSecondColumnBeginsALine() throws {
        var page = WrittenPage()
        try page.write(prose)
        let edge = try #require(Bounds(around: page.strokes)).maxX
        try page.write(["the second column", "begins beside it", "and is narrower"], x: edge + page.pitch)
        #expect(segments(page) == page.lines)
    }

    /// A quotation mark that is set high behind a line is no line of its own.
    @Test(arguments: [0.3, 0.45] as [Float], [0.12, 0.2, 0.28] as [Float])
    func aHighMarkBehindALineIsOfTheLine(aside: Float, above: Float) throws {
        var page = WrittenPage()
        try page.write(prose)
        let box = try #require(Bounds(around: page.lines[4].map { page.strokes[$0] }))
        let (p, x, y) = (page.pitch, box.maxX + aside * page.pitch, box.minY - above * page.pitch)
        page.lines[4].append(page.strokes.count)
        page.strokes.append(
            Stroke(points: [(x, y - p / 8), (x + p / 30, y), (x + p / 12, y - p / 8), (x + p / 8, y)]).filled(p / 60))
        try page.write(["Then they went home by the road", "along the river"], y: 5 * p)
        #expect(segments(page) == page.lines)
    }

    /// Another column begins for sure, and does not hide that what ended before it is two lines.
    @Test(arguments: [Writer.Hand.printed, .mixed], [1, 2, 3, 5, 8] as [UInt64])
    func closeLinesBeforeAnotherColumnAreTwo(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        for (row, text) in prose.prefix(2).enumerated() {
            try page.write(text, x: 0, y: (5 + 0.55 * Float(row)) * page.pitch)
        }
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

    @Test(arguments: [1, 3, 4] as [UInt64])
    func aPauseWithinALineEndsThatPartAlone(writer: UInt64) throws {
        var page = WrittenPage(writer: writer)
        try page.write(prose)
        let middle = page.lines[2][page.lines[2].count / 2]
        let parts = page.lines.flatMap { line -> [[Int]] in
            line.contains(middle) ? [line.filter { $0 <= middle }, line.filter { $0 > middle }] : [line]
        }
        #expect(segments(page, pauses: [middle]) == parts)
    }

    @Test func aReturnToAnEarlierLineIsTold() throws {
        var page = WrittenPage()
        try page.write(Array(prose.prefix(3)))
        var live = LivePage()
        for stroke in page.strokes { live.add(stroke.samples[...]) }
        let edge = try #require(Bounds(around: page.lines[0].map { page.strokes[$0] })).maxX
        var word = WrittenPage()
        try word.write("now", x: edge + page.pitch / 3, y: 0)
        #expect(live.add(try #require(word.strokes.first).samples[...]).place == .earlierLine(0))
    }

    @Test func memoryIsBounded() throws {
        var lines = LiveLines()
        for writer in 1...8 as ClosedRange<UInt64> {
            var page = WrittenPage(writer: writer)
            try page.write(prose + prose)
            var open: [Stroke] = []
            for stroke in page.strokes {
                open.append(stroke)
                for count in lines.add(stroke.samples[...], count: open.count, open: { open }) {
                    open.removeFirst(count)
                }
            }
            let counts = lines.end(open)
            #expect(counts.reduce(0, +) < open.count)
            #expect(lines.byteCount <= LiveLines.mostBytes)
        }
    }

    /// However many strokes one packet holds, what is laid out for it is bounded.
    @Test(.timeLimit(.minutes(1)))
    func inkOfOnePacketIsLaidOutNoMore() {
        /// How often the open ink was looked at.
        func looks(renewing: Bool) -> Int {
            var lines = LiveLines()
            var open: [Stroke] = []
            var looks = 0
            for number in 0..<3_000 {
                if renewing, number == 0 { lines.renewBudget() }
                let place = Sample(x: Float(number * 7919 % 1000), y: Float(number * 104_729 % 3000))
                open.append(Stroke([place]))
                let ended = lines.add([place], count: open.count) {
                    looks += 1
                    return open
                }
                open.removeFirst(ended.reduce(0, +))
            }
            return looks
        }
        let bounded = looks(renewing: true)
        let unbounded = looks(renewing: false)
        #expect(bounded > 0 && bounded < unbounded, "\(bounded) and \(unbounded) looks")
    }

    /// Every look back lays the open ink out: a pen that never ends its ink would keep all others waiting.
    @Test(.timeLimit(.minutes(1)))
    func inkThatNeverEndsIsLaidOutNoMore() {
        var lines = LiveLines()
        var open: [Stroke] = []
        for number in 0..<20_000 {
            // Dots all over the page: each may begin a line.
            let place = Sample(x: Float(number * 7919 % 1000), y: Float(number * 104_729 % 3000))
            open.append(Stroke([place]))
            open.removeFirst(lines.add([place], count: open.count, open: { open }).reduce(0, +))
        }
        #expect(lines.end(open).reduce(0, +) < max(1, open.count))
        #expect(lines.byteCount <= LiveLines.mostBytes)
    }

    @Test func nothingIsNoLine() {
        var live = LivePage()
        #expect(live.add([]).place == .sameLine)
        #expect(live.add([Sample(x: .nan, y: 0)]).place == .sameLine)
        #expect(live.isEmpty)
    }

    /// Words in one stroke, below one that ends with a bar far to the right: the pen's way back from the bar begins the second line alone.
    @Test(arguments: [60, 80] as [Float]) func wordsInOneStrokeAreLines(pitch: Float) {
        var page = WrittenPage()
        page.strokes = [
            SketchedInk.word(0, 0, turns: 20), SketchedInk.path([(270, -12), (310, -12)]),
            SketchedInk.word(0, pitch, turns: 5), SketchedInk.word(10, 2 * pitch, turns: 7),
            SketchedInk.word(0, 3 * pitch, turns: 5),
        ]
        #expect(segments(page) == [[0, 1], [2], [3], [4]])
        #expect(page.found() == [[0, 1], [2], [3], [4]])
    }

    @Test(arguments: [Writer.Hand.printed, .mixed], [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func twoCloseLinesEndWhereThePageReaderEndsThem(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        for (row, text) in prose.prefix(2).enumerated() {
            try page.write(text, x: 0, y: 0.55 * Float(row) * page.pitch)
        }
        #expect(segments(page) == page.lines)
    }
}
