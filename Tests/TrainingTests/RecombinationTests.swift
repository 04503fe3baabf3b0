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
}
