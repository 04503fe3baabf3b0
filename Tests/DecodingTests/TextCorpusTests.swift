import DuctusDecoding
import DuctusRandomness
import Testing

@Suite struct TextCorpusTests {
    @Test func piecesHoldTheWholeTextAndKeepTheirLength() throws {
        var corpus = try TextCorpus(alphabet: .printableASCII, cutting: .pieces(of: 15...60), seed: 3)
        let words = (0..<400).map { "word\($0)" }
        corpus.add(words.joined(separator: " "))
        let characters = words.reduce(0) { $0 + $1.count } + words.count - corpus.lineCount
        #expect(corpus.characterCount == characters)
        #expect(corpus.lineCount > characters / 60 && corpus.lineCount < characters / 15)
    }

    @Test func whatTheAlphabetLacksIsLeftOutAndCounted() throws {
        var corpus = try TextCorpus(alphabet: Alphabet(symbols: ["a", "b"]))
        corpus.add("aßb!")
        corpus.add("!!")
        #expect(corpus.characterCount == 2 && corpus.droppedCount == 4 && corpus.lineCount == 1)
    }

    @Test func lettersThatTheAlphabetLacksLoseTheirMarks() throws {
        var corpus = try TextCorpus(alphabet: Alphabet(symbols: ["a", "é", "s", "u", "\"", "-"]))
        corpus.add("äéß„ü”–")
        #expect(corpus.stream == [0, 1, 2, 3, 3, 5, 4, 5, 6, 0].map { LanguageSymbol($0) })
        #expect(corpus.droppedCount == 0)
    }

    @Test func aWordLongerThanAPieceIsCutSomewhere() throws {
        var corpus = try TextCorpus(alphabet: .printableASCII, cutting: .pieces(of: 5...10), seed: 3)
        corpus.add(String(repeating: "x", count: 100))
        #expect(corpus.characterCount == 100 && corpus.lineCount >= 10)
    }

    @Test func copiesCountAsOften() throws {
        var corpus = try TextCorpus(alphabet: .printableASCII)
        corpus.add("one line", copies: 3)
        corpus.addTranscript("another", copies: 2)
        #expect(corpus.lineCount == 5)
    }

    @Test func tooManySymbolsAreRefused() throws {
        let alphabet = try Alphabet(symbols: (0..<65_535).map { "s\($0)" })
        #expect(throws: LanguageModelFault.tooManySymbols(65_535)) { try TextCorpus(alphabet: alphabet) }
    }
}

@Suite struct TranscriptStyleTests {
    private func variants(_ text: String, _ style: TranscriptStyle) -> Set<String> {
        var generator = SplitMix64(seed: 1)
        return Set((0..<200).map { _ in style.written(text, using: &generator) })
    }

    @Test func plainTextStaysAsItIs() {
        #expect(variants("It's 5.5, \"he\" said.", .plain) == ["It's 5.5, \"he\" said."])
    }

    @Test func iamSetsCliticsApartAndTokenizesSome() {
        let text = "It's 5.5, don't say (we'll) go."
        #expect(
            variants(text, .iam) == [
                "It's 5.5, don't say (we'll) go.", "It 's 5.5, don't say (we 'll) go.",
                "It ' s 5.5 , don't say ( we ' ll ) go .",
            ])
    }

    @Test func handwritingHasSmallLettersOrCapitalsAlone() {
        #expect(variants("Well, no.", .handwritten) == ["Well, no.", "well, no.", "WELL, NO."])
    }
}

@Suite struct WordCountsTests {
    @Test func wordsAreCountedAndSentenceBeginningsJoined() {
        var counts = WordCounts()
        counts.add("The dog's bone. The cat, the Thames; don't 'quote' it.")
        counts.add("the the Thames")
        let sorted = counts.sorted(atLeast: 2)
        #expect(sorted.map(\.word) == ["the", "Thames"])
        #expect(sorted.map(\.count) == [5, 2])
        #expect(Set(counts.sorted(atLeast: 1).map(\.word)).isSuperset(of: ["dog's", "don't", "quote"]))
    }
}
