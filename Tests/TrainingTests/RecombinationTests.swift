import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusTraining
import Testing

@Suite struct RecombinationTests {
    /// A zigzag of the given height whose top left corner is at x, y.
    private func word(_ text: String, x: Float, y: Float, width: Float = 60, writer: String? = "ann") -> InkLine {
        let points = (0...20).map { index in
            (x: x + width * Float(index) / 20, y: y + (index % 2 == 0 ? 0 : 20))
        }
        return InkLine(id: text, source: "unipen", writer: writer, text: text, strokes: [Stroke(points: points)])
    }

    @Test func everyWordIsInOneLine() {
        var random = SplitMix64(seed: 1)
        let groups = Recombination().groups(of: 3..<26, using: &random)
        let words = groups.flatMap { $0 }
        #expect(Set(words).count == words.count && words.allSatisfy { (3..<26).contains($0) } && words.count >= 22)
        #expect(groups.allSatisfy { (2...6).contains($0.count) })
    }

    @Test func wordsStandSideBySide_atOneHeight() throws {
        var random = SplitMix64(seed: 2)
        let words = [word("one", x: 500, y: 90), word("two", x: 3, y: -400), word("three", x: -70, y: 0)]
        let line = try #require(Recombination().line(of: words, using: &random))
        #expect(line.text == "one two three" && line.strokes.count == 3 && line.writer == "ann")
        let boxes = line.strokes.compactMap(\.bounds)
        for (left, right) in zip(boxes, boxes.dropFirst()) {
            // A zigzag of 20 has a deviation of 5.8.
            #expect((7...26).contains(right.minX - left.maxX))
            #expect(abs(right.midY - left.midY) < 10)
        }
        #expect(boxes.allSatisfy { abs($0.width - 60) < 0.01 && abs($0.height - 20) < 0.01 })
    }

    @Test func aCorpusMakesLinesOfOneWritersWordsAlone() throws {
        let words =
            ["aa", "bb", "cc", "dd"].map { word($0, x: 0, y: 0) }
            + ["xx", "yy"].map { word($0, x: 0, y: 0, writer: "bob") } + [word("zz", x: 0, y: 0, writer: nil)]
        let alphabet = Alphabet.printableASCII
        let corpus = InkCorpus(
            [.init(words, share: 0.5, recombined: 0.25)], features: .init(), alphabet: alphabet,
            augmentation: .init(), sampling: .init(), threads: 1)
        #expect(
            corpus.count > words.count && corpus.shares.suffix(corpus.count - words.count).allSatisfy { $0 == 0.25 })
        var seen: Set<Character> = []
        for index in words.count..<corpus.count {
            let example = corpus.example(index, augmentedBy: SplitMix64(seed: UInt64(index)))
            guard case .ctc(let labels) = example.target else {
                Issue.record("lines are transcribed")
                continue
            }
            let text = labels.map { alphabet.symbol(of: Int($0)) }.joined()
            let isOfOne = text.allSatisfy { "abcd ".contains($0) } || text.allSatisfy { "xy ".contains($0) }
            #expect(isOfOne && text.contains(" "))
            seen.formUnion(text)
            // The estimate, which batches are planned by, is near.
            let frames = example.frames.count / 9
            #expect(frames > corpus.lengths[index] / 2 && frames < corpus.lengths[index] * 2)
        }
        #expect(seen.isSuperset(of: "abcdxy"))
    }

    @Test func nothingIsRecombinedUnlessAsked() {
        let words = ["aa", "bb", "cc"].map { word($0, x: 0, y: 0) }
        let corpus = InkCorpus(
            [.init(words)], features: .init(), alphabet: .printableASCII, augmentation: .init(), sampling: .init(),
            threads: 1)
        #expect(corpus.count == 3)
    }

    /// Words side by side, so far apart, each of three strokes that are 4 apart.
    private func line(_ words: [String], gaps: [Float], id: String = "line") -> InkLine {
        var (x, strokes, time): (Float, [Stroke], Int64) = (0, [], 0)
        for (index, _) in words.enumerated() {
            for _ in 0..<3 {
                var stroke = Stroke(points: (0...4).map { (x: x + 5 * Float($0), y: 100 + ($0 % 2 == 0 ? 0 : 20)) })
                for sample in stroke.samples.indices {
                    time += 10_000
                    stroke.samples[sample].time = time
                }
                strokes.append(stroke)
                x += 24
            }
            x += (index < gaps.count ? gaps[index] : 0) - 4
        }
        return InkLine(
            id: id, source: "board", writer: "ann", text: words.joined(separator: " "), strokes: strokes)
    }

    @Test func aLineIsCutWhereItsGapsAreClear() throws {
        let words = try #require(WordCutter().words(of: line(["one", "two", "three"], gaps: [12, 9])))
        #expect(words.map(\.text) == ["one", "two", "three"] && words.map(\.strokes.count) == [3, 3, 3])
        #expect(words.map(\.id) == ["line#0", "line#1", "line#2"] && words.allSatisfy { $0.writer == "ann" })
        // The zigzag's middle is the line's.
        #expect(words.allSatisfy { abs($0.bounds?.midY ?? 9) < 0.01 })
    }

    @Test func aLineIsNotCutWhereTheyAreNot() {
        // A gap between words is as wide as those between the strokes of a word.
        #expect(WordCutter().words(of: line(["one", "two", "three"], gaps: [12, 4])) == nil)
        #expect(WordCutter().words(of: line(["one"], gaps: [])) == nil)
        #expect(WordCutter().words(of: InkLine(text: "one two", strokes: [])) == nil)
    }

    @Test func aStrokeThatIsWrittenLaterBelongsToTheWordItIsAbove() throws {
        var late = line(["one", "two"], gaps: [12])
        late.strokes.append(Stroke(points: [(x: 10, y: 90), (x: 30, y: 90)]))
        let words = try #require(WordCutter().words(of: late))
        #expect(words.map(\.strokes.count) == [4, 3])
    }

    @Test func cutWordsKeepTheirHeightsAndTheirTimes() throws {
        var random = SplitMix64(seed: 5)
        var full = line(["one", "two"], gaps: [12])
        // A full stop at the foot of the line.
        full.strokes.append(Stroke(points: [(x: 160, y: 119), (x: 161, y: 120)]))
        full.text = "one two ."
        for sample in full.strokes[6].samples.indices { full.strokes[6].samples[sample].time = 900_000 }
        let words = try #require(WordCutter().words(of: full))
        let made = try #require(
            Recombination().line(of: [words[2], words[0]], keepsHeights: true, using: &random))
        #expect(made.text == ". one")
        let (dot, word) = (try #require(made.strokes[0].bounds), try #require(made.strokes[1].bounds))
        #expect(dot.midY - word.midY > 4, "it would stand at the word's middle if heights were lost")
        let pause =
            try #require(made.strokes[1].samples.first?.time) - (try #require(made.strokes[0].samples.last?.time))
        #expect(Recombination().pause.contains(pause))
    }

    @Test func aCorpusCutsItsLines() {
        let lines = (0..<6).map { line(["aa", "bb", "cc"], gaps: [12, 12], id: "\($0)") }
        let corpus = InkCorpus(
            [.init(lines, recombined: 0.8)], features: .init(), alphabet: .printableASCII, augmentation: .init(),
            sampling: .init(), threads: 1)
        let made = lines.count..<corpus.count
        // 18 words, divided four times into lines of two to six.
        #expect((12...36).contains(made.count) && made.allSatisfy { corpus.shares[$0] == 0.2 })
        #expect(made.allSatisfy { corpus.identifier($0).contains("#") && corpus.identifier($0).contains("+") })
        #expect(Set(made.map(corpus.identifier)).count == made.count)
    }

    /// A line of one word is where it was written; words that were cut are above a line at 0.
    @Test func wordsThatWereCutAndLinesOfOneWordAreNotMixed() {
        let cut = (0..<4).map { line(["aa", "bb"], gaps: [12], id: "cut\($0)") }
        let whole = (0..<8).map { number in
            var one = line(["cc"], gaps: [], id: "one\(number)")
            for stroke in one.strokes.indices {
                for sample in one.strokes[stroke].samples.indices { one.strokes[stroke].samples[sample].y += 5_000 }
            }
            return one
        }
        let corpus = InkCorpus(
            [.init(cut + whole, recombined: 1)], features: .init(), alphabet: .printableASCII, augmentation: .init(),
            sampling: .init(), threads: 1)
        let made = (12..<corpus.count).map(corpus.identifier)
        #expect(made.contains { $0.contains("one") } && made.contains { $0.contains("cut") })
        #expect(made.allSatisfy { !($0.contains("one") && $0.contains("cut")) })
    }
}
