import DuctusInk
import DuctusPages
import DuctusRandomness
import Foundation
import Testing

@Suite struct PageLayoutTests {
    @Test(arguments: [Writer.Hand.printed, .mixed, .joined], [1, 2, 5] as [UInt64])
    func linesOfProseAreFound(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        try page.write(prose)
        #expect(page.found() == page.lines)
    }

    @Test func linesAreFoundWithoutAnyOrderOfWriting() throws {
        var page = WrittenPage()
        try page.write(prose)
        let byPlace = page.strokes.indices.sorted { left(page.strokes[$0]) < left(page.strokes[$1]) }
        let sorted = page.reordered(byPlace).mapped { Sample(x: $0.x, y: $0.y) }
        #expect(sorted.found() == sorted.lines)
    }

    @Test func aWordPutInLaterBelongsToItsLine() throws {
        var page = WrittenPage()
        try page.write(prose)
        let second = page.lines[1]
        let late = second[second.count / 3..<second.count * 2 / 3]
        let order = page.strokes.indices.filter { !late.contains($0) } + late
        let written = page.reordered(order)
        #expect(written.found() == written.lines)
    }

    @Test func aHeadingWrittenLastComesFirst() throws {
        var page = WrittenPage()
        try page.write(prose)
        let first = page.lines[0]
        let order = page.strokes.indices.filter { !first.contains($0) } + first
        let written = page.reordered(order)
        #expect(written.found() == written.lines)
    }

    @Test func columnsAreReadOneAfterTheOther() throws {
        var page = WrittenPage()
        try page.write(prose)
        let edge = try #require(Bounds(around: page.strokes)).maxX
        try page.write(
            ["the second column", "begins beside it", "and is narrower", "with other words"], x: edge + page.pitch)
        #expect(page.found() == page.lines)
    }

    /// The first words are as large as a heading's; without them too few rows are left to tell the columns by.
    @Test(arguments: [1.2, 1.8] as [Float])
    func columnsThatBeginWithLargeWordsStayColumns(pitches: Float) throws {
        var page = WrittenPage()
        try page.write("one two", x: 0, y: 0, size: 1.6)
        try page.write(["three four", "five six"], y: pitches * page.pitch)
        let edge = try #require(Bounds(around: page.strokes)).maxX + page.pitch
        try page.write("eight", x: edge, y: 0, size: 1.6)
        try page.write(["ten to ten", "eleven"], x: edge, y: pitches * page.pitch)
        #expect(page.found() == page.lines)
    }

    @Test func rowsOfAFormStayRows() throws {
        var page = WrittenPage()
        let rows = [("Name", "Peter Smith"), ("Street", "Long Lane 12"), ("City", "Oxford"), ("Phone", "none")]
        var lines: [[Int]] = []
        for (row, (label, value)) in rows.enumerated() {
            try page.write(label, x: 0, y: Float(row) * page.pitch)
            try page.write(value, x: 6 * page.pitch, y: Float(row) * page.pitch)
            lines.append(page.lines.suffix(2).flatMap { $0 })
        }
        #expect(page.found() == lines)
    }

    @Test func shortWordsBelowEachOtherAreLines() throws {
        var page = WrittenPage()
        try page.write(["milk", "eggs", "tea", "oil", "salt"])
        #expect(page.found() == page.lines)
    }

    @Test(arguments: [-30.0, -20, -10, 12, 25, 30])
    func slopingLinesAreFound(degrees: Double) throws {
        var page = WrittenPage()
        try page.write(prose)
        page.strokes = page.strokes.turned(by: degrees * .pi / 180)
        #expect(page.found() == page.lines)
        #expect(abs(PageLayout(of: page.strokes).angle * 180 / .pi - degrees) < 3)
    }

    @Test(arguments: [1e-4, 0.03, 40, 1e4] as [Float])
    func unitsDoNotMatter(scale: Float) throws {
        var page = WrittenPage()
        try page.write(prose)
        let scaled = page.mapped { Sample(x: $0.x * scale + 100 * scale, y: $0.y * scale - 7000 * scale) }
        #expect(scaled.found() == page.lines)
    }

    @Test func drawingsAreNoText() throws {
        var page = WrittenPage()
        try page.write(prose)
        let edge = try #require(Bounds(around: page.strokes)).maxX, p = page.pitch
        func shape(_ points: [(x: Float, y: Float)], row: Float) -> Stroke {
            let placed = points.map { (x: edge + (2 + $0.x) * p, y: (row * 3.5 + $0.y) * p) }
            return Stroke(points: placed).filled(p / 12)
        }
        var circle: [(x: Float, y: Float)] = []
        for step in 0...40 {
            let angle = Float(step) / 20 * Float.pi
            circle.append((cos(angle) * 1.5, sin(angle) * 1.5))
        }
        let shapes = [
            shape([(0, 0), (4, 0), (4, 2), (0, 2), (0, 0)], row: 0), shape(circle, row: 1),
            shape([(0, 0), (3, 1.5)], row: 2), shape([(2.6, 1.6), (3, 1.5), (2.8, 1.1)], row: 2),
        ]
        let first = page.strokes.count
        page.strokes += shapes
        #expect(page.found() == page.lines)
        let drawn = PageLayout(of: page.strokes).pieces.filter { $0.kind == .drawing }.flatMap(\.strokes)
        #expect(drawn.sorted() == Array(first..<first + 4))
    }

    @Test(arguments: [Writer.Hand.printed, .joined], [1, 3, 4] as [UInt64])
    func aHeadingOverTwoColumnsIsOneLine(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        let left = ["bread and milk", "apples, pears", "some new tea", "the old oil", "salt and rice", "two lemons"]
        try page.write(left, y: 2.5 * page.pitch)
        let edge = try #require(Bounds(around: page.strokes)).maxX
        try page.write(left.reversed(), x: edge + 0.8 * page.pitch, y: 2.5 * page.pitch)
        let columns = page
        // The space between its words stands where the columns part.
        page = WrittenPage(writer: writer, hand: hand)
        try page.write("Shopping", x: 0, y: 0, size: 1.8)
        let word = try #require(Bounds(around: page.strokes))
        let moved = page.strokes.map { $0.moved(by: edge - word.width) }
        try page.write("list", x: edge + 0.7 * page.pitch, y: 0, size: 1.8)
        let rest = page.strokes.dropFirst(moved.count)
        let heading = moved + rest
        page.strokes = heading + columns.strokes
        page.lines =
            [Array(heading.indices)] + columns.lines.map { line in line.map { $0 + heading.count } }
        #expect(page.found() == page.lines)
    }

    @Test(arguments: [Writer.Hand.printed, .mixed, .joined])
    func wordsInBoxesBesideEachOtherAreLinesOfTheirOwn(hand: Writer.Hand) throws {
        var page = WrittenPage(writer: 3, hand: hand)
        var frames: [Stroke] = []
        for (at, word) in ["person", "since", "gate"].enumerated() {
            try page.write(word, x: Float(at) * 6 * page.pitch, y: 0)
            let box = try #require(Bounds(around: page.lines[at].map { page.strokes[$0] })), edge = page.pitch / 2
            let (l, t, r, b) = (box.minX - edge, box.minY - edge, box.maxX + edge, box.maxY + edge)
            frames.append(Stroke(points: [(l, t), (r, t), (r, b), (l, b), (l, t)]).filled(page.pitch / 12))
        }
        try page.write(prose, y: 4 * page.pitch)
        page.strokes += frames
        #expect(page.found() == page.lines)
    }

    @Test func ofNothingThereIsNothing() {
        #expect(PageLayout(of: []).pieces.isEmpty)
        #expect(PageLayout(of: [Stroke(), Stroke([Sample(x: .nan, y: 1)])]).pieces.isEmpty)
    }

    /// No page of a hand, but it may be sent: each stroke may stand on a line of its own.
    @Test(.timeLimit(.minutes(1)))
    func thousandsOfStrokesAreNoMoreThanThousands() {
        let backward = (0..<4000).map { at in
            Stroke((0..<5).map { Sample(x: 1e6 - 30 * Float(at) + 0.3 * Float($0), y: Float($0 % 2)) })
        }
        var random = SplitMix64(seed: 1)
        let bars = (0..<4000).map { _ in
            Stroke((0..<2).map { _ in Sample(x: 1e4 * Float(random.uniform()), y: 1e4 * Float(random.uniform())) })
        }
        for strokes in [backward, bars] {
            let layout = PageLayout(of: strokes)
            #expect(layout.pieces.reduce(layout.unused.count) { $0 + $1.strokes.count } == strokes.count)
        }
    }

    @Test func anyInkIsSurvived() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<60 {
            let strokes = (0..<Int(random.uniform() * 30)).map { _ in
                let size = Float(pow(10, 12 * random.uniform() - 4))
                return Stroke(
                    (0..<Int(random.uniform() * 9)).map { _ in
                        random.uniform() < 0.05
                            ? Sample(x: .infinity, y: 0)
                            : Sample(x: size * Float(random.normal()), y: size * Float(random.normal()))
                    })
            }
            let inked = strokes.indices.filter { Bounds(around: CollectionOfOne(strokes[$0])) != nil }
            let layout = PageLayout(of: strokes)
            #expect((layout.pieces.flatMap(\.strokes) + layout.unused.map(\.stroke)).sorted() == inked)
        }
    }

    private func left(_ stroke: Stroke) -> Float { stroke.samples.map(\.x).min() ?? 0 }
}

extension Stroke {
    fileprivate func moved(by x: Float) -> Stroke {
        Stroke(
            samples.map { sample in
                var moved = sample
                moved.x += x
                return moved
            })
    }

    /// The same polygon with a sample at least every `step`, as a pen gives it.
    func filled(_ step: Float) -> Stroke {
        var filled: [(x: Float, y: Float)] = []
        for (a, b) in zip(samples, samples.dropFirst()) {
            let count = max(1, Int(hypot(b.x - a.x, b.y - a.y) / step))
            for k in 0..<count {
                let share = Float(k) / Float(count)
                filled.append((a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share))
            }
        }
        if let last = samples.last { filled.append((last.x, last.y)) }
        return Stroke(points: filled)
    }

    /// Two lines that stand close are one ridge of ink; the pen went along it twice.
    @Test(arguments: [Writer.Hand.printed, .mixed], [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func twoCloseLinesAreTwo(hand: Writer.Hand, writer: UInt64) throws {
        var page = WrittenPage(writer: writer, hand: hand)
        for (row, text) in prose.prefix(2).enumerated() {
            try page.write(text, x: 0, y: 0.55 * Float(row) * page.pitch)
        }
        #expect(page.found() == page.lines)
    }

    /// A capital letter five times as high as the letters behind it is no drawing.
    @Test(arguments: [80, 120, 160] as [Float]) func aLargeCapitalOpensItsLine(height: Float) {
        let capital = SketchedInk.path(
            (0...6).map { turn in (-5 - height / 4 + height / 24 * Float(turn), turn % 2 == 0 ? 20 : 20 - height) })
        let tall = SketchedInk.path([(75, 20), (80, 20 - 0.7 * height), (84, 20)])
        func line(_ y: Float, from x: Float) -> [Stroke] {
            [0, 90, 200].map { SketchedInk.word(x + $0, y, turns: 4) }
        }
        let strokes =
            [capital, SketchedInk.word(0, 0, turns: 4), tall] + line(0, from: 90) + line(80, from: 0)
            + line(160, from: 0)
        let pieces = PageLayout(of: strokes).pieces
        #expect(pieces.map(\.strokes) == [[0, 1, 2, 3, 4, 5], [6, 7, 8], [9, 10, 11]])
        #expect(pieces.allSatisfy { $0.kind == .text })
    }
}
