import DuctusDrawing
import DuctusInk
import DuctusPages
import DuctusRandomness
import Testing

@Suite struct StrikeOutTests {
    /// A page whose second line is "we met Anna there", and the strokes of its words.
    private func page(_ hand: Writer.Hand) throws -> (page: WrittenPage, words: [[Int]]) {
        var page = WrittenPage(writer: 2, hand: hand)
        try page.write("the days are long here", x: 0, y: 0)
        var words: [[Int]] = [], x: Float = 0
        for word in ["we met", "Anna", "there"] {
            try page.write(word, x: x, y: page.pitch)
            words.append(try #require(page.lines.last))
            x = try #require(Bounds(around: words[words.count - 1].map { page.strokes[$0] })).maxX + page.pitch / 3
        }
        try page.write("and came home late", x: 0, y: 2 * page.pitch)
        return (page, words)
    }

    private func box(_ strokes: [Int], _ page: WrittenPage) throws -> Bounds {
        try #require(Bounds(around: strokes.map { page.strokes[$0] }))
    }

    /// The middle of the small letters.
    private func middle(_ page: WrittenPage) throws -> Float {
        let letters = try box(page.lines[1], page)
        return letters.maxY - (letters.maxY - letters.minY) * 0.32
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined])
    func aWordThatIsStruckOutIsLeftOut(hand: Writer.Hand) throws {
        var (page, words) = try page(hand)
        let word = try box(words[1], page), y = try middle(page), p = page.pitch
        page.strokes.append(
            Stroke(points: [(word.minX - p / 8, y + p / 40), (word.midX, y), (word.maxX + p / 8, y - p / 40)]).filled(
                p / 20))
        let layout = PageLayout(of: page.strokes)
        #expect(layout.unused.filter { $0.reason == .strikeOut }.map(\.stroke) == [page.strokes.count - 1])
        #expect(layout.unused.filter { $0.reason == .struckOut }.map(\.stroke).sorted() == words[1])
        #expect(page.found()[1] == words[0] + words[2])
    }

    @Test(arguments: [Writer.Hand.printed, .mixed])
    func aWordThatIsScribbledOverIsLeftOut(hand: Writer.Hand) throws {
        var (page, words) = try page(hand)
        let word = try box(words[2], page), p = page.pitch
        let points = (0...8).map { step in
            (x: step % 2 == 0 ? word.minX - p / 10 : word.maxX + p / 10, y: word.minY + word.height * Float(step) / 8)
        }
        page.strokes.append(Stroke(points: points).filled(p / 20))
        #expect(page.found()[1] == words[0] + words[1])
        #expect(
            PageLayout(of: page.strokes).unused.map(\.stroke).sorted() == (words[2] + [page.strokes.count - 1]).sorted()
        )
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 4] as [UInt64])
    func aBarThatIsFarTallerThanAWordIsAMark(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        try page.write("hello", x: 0, y: 0)
        let word = try box(page.lines[0], page)
        let (x, up, down) = (word.minX + 0.6 * word.width, word.minY - 0.5 * word.height, word.maxY + 0.6 * word.height)
        page.strokes.append(Stroke(points: [(x, up), (x + word.width / 40, down)]).filled(page.pitch / 20))
        let layout = PageLayout(of: page.strokes)
        #expect(layout.unused == [UnusedStroke(stroke: page.strokes.count - 1, reason: .insertionMark)])
        #expect(page.found() == page.lines)
        #expect(!layout.isOneLine(of: page.strokes.count))
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 3, 4, 5, 6] as [UInt64])
    func barsOfLettersStrikeNothingOut(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        try page.write([
            "HAT and FEET, A # E", "that little tattle-tale", "affable stuff - off we trot", "100 % = + 4 x 25",
            "a | b / c 1 l I | |",
        ])
        #expect(PageLayout(of: page.strokes).unused.isEmpty)
    }
}
