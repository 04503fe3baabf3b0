import DuctusInk
import DuctusPages
import DuctusRandomness
import DuctusRecognition
import StreamingTestSupport
import Testing

/// A model that reads nonsense, but another nonsense from every ink: what is handed to it shows in the text.
@Suite struct PageReaderTests {
    private let reader: PageReader
    private var page = WrittenPage()

    init() throws {
        reader = PageReader(recognizer: Recognizer(model: try TinyModel.make()))
        try page.write(prose)
        var clock: Int64 = 0
        page.strokes = page.strokes.map { stroke in
            clock += 100_000_000
            return Stroke(
                stroke.samples.map { sample in
                    clock += 10_000_000
                    var timed = sample
                    timed.time = clock
                    return timed
                })
        }
    }

    private func shuffled(_ page: WrittenPage) -> (page: WrittenPage, order: [Int]) {
        var random = SplitMix64(seed: 8)
        let order = page.strokes.indices.shuffled(using: &random)
        return (page.reordered(order), order)
    }

    @Test func timesTellTheOrderOfWriting() throws {
        let read = try reader.read(page.strokes, layout: .page)
        #expect(read.pieces.map(\.strokes) == page.lines)
        let (other, order) = shuffled(page)
        let again = try reader.read(other.strokes, layout: .page)
        #expect(again.text == read.text && !read.text.isEmpty)
        #expect(again.pieces.map(\.strokes) == other.lines)
        #expect(
            again.pieces.map { $0.words.map { $0.strokes.map { order[$0] }.sorted() } }
                == read.pieces.map { $0.words.map(\.strokes) })
    }

    @Test func withoutTimesThePlacesTellIt() throws {
        let timeless = page.mapped { Sample(x: $0.x, y: $0.y) }
        let one = shuffled(timeless).page
        let byPlace = timeless.strokes.indices.sorted {
            (timeless.strokes[$0].samples.map(\.x).min() ?? 0) < (timeless.strokes[$1].samples.map(\.x).min() ?? 0)
        }
        let other = timeless.reordered(byPlace)
        #expect(try reader.read(one.strokes, layout: .page).text == reader.read(other.strokes, layout: .page).text)
    }

    @Test(arguments: [QuarterTurn.none, .quarter, .half, .threeQuarters])
    func aPageOnItsSideIsReadAsIfItStoodUpright(turn: QuarterTurn) throws {
        let back = try #require(QuarterTurn(degrees: (360 - turn.degrees) % 360))
        let lying = page.mapped(back.upright)
        let upright = try reader.readWithRecognitions(page.strokes, layout: .page, turn: QuarterTurn.none).page
        let read = try reader.readWithRecognitions(lying.strokes, layout: .page, turn: turn).page
        #expect(read.text == upright.text && !read.text.isEmpty)
        #expect(read.pieces.map(\.strokes) == page.lines)
        for piece in read.pieces {
            #expect(piece.box == Bounds(around: piece.strokes.map { lying.strokes[$0] }))
            #expect(piece.words.allSatisfy { piece.box.minX <= $0.box.minX && $0.box.maxY <= piece.box.maxY })
        }
    }

    @Test func everyLineSaysInWhichOrderItWasRead() throws {
        let (other, _) = shuffled(page)
        let (read, lines) = try reader.readWithRecognitions(other.strokes, layout: .page)
        for (piece, line) in zip(read.pieces, lines) {
            let line = try #require(line)
            #expect(line.strokes.sorted() == piece.strokes)
            #expect(line.inOwnOrder == nil)
            #expect(line.legibility >= 0 && line.legibility <= 1)
            #expect(piece.confidence <= line.legibility)
        }
    }
}

@Suite struct LegibilityTests {
    private func shapes(_ count: Int, turns: Int) -> [StrokeShape] {
        (0..<count).map { at in
            var shape = StrokeShape(
                index: at, points: (0...turns).map { .init(Double(at + $0), $0 % 2 == 0 ? 0 : 4) })
            shape.swings = Swing.swings(of: shape.points, least: 1)
            return shape
        }
    }

    private func probability(
        _ text: String, _ confidence: Float, strokes: Int, turns: Int, instead: [String] = []
    ) -> Float {
        let symbols = text.map {
            RecognizedSymbol(text: String($0), confidence: confidence, frames: 0..<1, samples: 0..<1, strokes: 0..<1)
        }
        let readings = ([text] + instead).map { Recognition.Alternative(text: $0, score: -1) }
        return Legibility.probability(
            of: Recognition(text: text, symbols: symbols, alternatives: readings, frames: 1), confidence: confidence,
            shapes: shapes(strokes, turns: turns))
    }

    @Test func sureLettersOfFewStrokesAreText() {
        #expect(probability("bread and milk", 0.97, strokes: 14, turns: 2) > 0.95)
        #expect(probability("bread", 0.95, strokes: 1, turns: 12) > 0.95)
    }

    @Test func lettersOfOneShapeAreAllText() {
        let sizes = probability("o", 0.7, strokes: 1, turns: 2, instead: ["O", "0"])
        let shapes = probability("o", 0.7, strokes: 1, turns: 2, instead: ["v", "s"])
        #expect(sizes > 0.9)
        #expect(shapes < 0.6)
        #expect(probability("w", 0.75, strokes: 1, turns: 4, instead: ["W"]) > 0.9)
    }

    @Test func aStarIsNoFullStop() {
        #expect(probability(".", 0.9, strokes: 1, turns: 5) < probability(".", 0.9, strokes: 1, turns: 1) - 0.4)
    }

    @Test func drawingsAndOtherScriptsAreNot() {
        // A house; a line of characters of six strokes each.
        #expect(probability("E", 0.9, strokes: 5, turns: 4) < 0.1)
        #expect(probability("#EEI", 0.8, strokes: 24, turns: 2) < 0.01)
        #expect(probability("", 0.9, strokes: 3, turns: 1) == 0)
    }
}
