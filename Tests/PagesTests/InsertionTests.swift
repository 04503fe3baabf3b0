import DuctusInk
import DuctusPages
import DuctusRandomness
import Testing

@Suite struct InsertionTests {
    private func page(_ hand: Writer.Hand = .printed) throws -> WrittenPage {
        var page = WrittenPage(hand: hand)
        try page.write(prose)
        return page
    }

    /// The strokes of a line that end left of x.
    private func leading(_ x: Float, _ line: Int, _ page: WrittenPage) throws -> [Int] {
        try page.lines[line].filter { try #require(Bounds(around: [page.strokes[$0]])).midX < x }
    }

    @Test(arguments: [1, 2, 4])
    func aWordAboveALineBelongsIntoIt(line: Int) throws {
        var page = try page()
        let box = try #require(Bounds(around: page.lines[line].map { page.strokes[$0] }))
        let host = page.lines[line], first = page.strokes.count
        try page.write("nearly", x: box.minX + box.width / 3, y: (Float(line) - 0.5) * page.pitch, size: 0.5)
        let piece = try #require(PageLayout(of: page.strokes).pieces.first { $0.strokes.contains(host[0]) })
        #expect(piece.strokes == host + Array(first..<page.strokes.count))
        let insertion = try #require(piece.insertions.first)
        #expect(insertion.strokes == Array(first..<page.strokes.count))
        #expect(insertion.leading.count > host.count / 6 && insertion.leading.count < host.count * 2 / 3)
        #expect(Set(insertion.leading).isSubset(of: host))
    }

    @Test func aCaretShowsThePlace() throws {
        var page = try page()
        let word = page.strokes.count, p = page.pitch
        try page.write("nearly", x: 3 * p, y: 1.5 * p, size: 0.5)
        let caret = page.strokes.count
        let foot = try #require(Bounds(around: page.lines[0].map { page.strokes[$0] })).maxY + 2.1 * p
        page.strokes.append(
            Stroke(points: [(2.6 * p, foot), (2.8 * p, foot - 0.3 * p), (3 * p, foot)]).filled(p / 30))
        let layout = PageLayout(of: page.strokes)
        let piece = try #require(layout.pieces.first { $0.strokes.contains(page.lines[2][0]) })
        #expect(piece.insertions.map(\.strokes) == [Array(word..<caret)])
        #expect(layout.unused == [UnusedStroke(stroke: caret, reason: .insertionMark)])
        #expect(try piece.insertions.first?.leading == leading(2.8 * p, 2, page))
    }

    @Test func aBarThatWasDrawnBeforeItsLetterIsAPartOfIt() throws {
        let page = try page()
        let first = try #require(Bounds(around: [page.strokes[0]]))
        let h = first.maxY - first.minY
        // A wavy bar over the first letter, drawn twice, as over a T.
        let bar = Stroke(
            points: (0..<9).map { (first.minX - h / 3 + h * Float($0) / 6, first.minY - h / 4 - h / 5 * Float($0 % 2)) }
        ).filled(page.pitch / 60)
        let layout = PageLayout(of: [bar, bar] + page.strokes)
        #expect(layout.pieces.allSatisfy { $0.insertions.isEmpty })
        #expect(layout.pieces.first?.strokes == Array(0..<page.lines[0].count + 2))
    }

    /// Letters of one word stand now high and now low: those above were not put in, for the ones below were written between them.
    @Test(arguments: [1, 3] as [Int])
    func aWordThatWandersIsNoInsertion(line: Int) throws {
        var page = try page()
        let word = page.lines[line].suffix(8)
        let start = try #require(word.first.flatMap { page.strokes[$0].bounds?.minX })
        for (place, at) in word.enumerated() {
            let box = try #require(page.strokes[at].bounds)
            let aside = start + Float(place / 2) * 0.35 * page.pitch - box.minX
            let up: Float = place % 2 == 0 ? 0 : 0.34 * page.pitch
            page.strokes[at] = Stroke(
                page.strokes[at].samples.map { sample in
                    var moved = sample
                    moved.x += aside
                    moved.y -= up
                    return moved
                })
        }
        #expect(PageLayout(of: page.strokes).pieces.allSatisfy { $0.insertions.isEmpty })
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 5] as [UInt64])
    func linesOfTheirOwnStay(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        try page.write([
            "We agreed to move the release", "tea", "to the end of May because", "milk", "the tests are not done",
        ])
        try page.write("a last line of them all", x: 0, y: 7 * page.pitch)
        #expect(PageLayout(of: page.strokes).pieces.allSatisfy { $0.insertions.isEmpty })
        #expect(page.found() == page.lines)
    }
}
