import DecodingTestSupport
import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

/// A scorer of another module: a label is worth what its distance from the last one says.
private struct StepScorer: Scorer {
    let weight: Double
    let largestFactor = 1.0

    func start(after precedingText: String) -> Int32 { Int32(precedingText.count) }
    func factor(of label: Int32, after last: Int32) -> Double { exp(-weight * Double(abs(label - last))) }
    func state(after last: Int32, label: Int32) -> Int32 { label }
    func logFactorOfEnd(after last: Int32) -> Double { -0.25 * Double(last) }
}

@Suite struct ScorerTests {
    private static var exhaustive: DecoderConfiguration {
        var configuration = DecoderConfiguration()
        configuration.beamWidth = 4000
        configuration.labelThreshold = -100
        configuration.blankThreshold = 2
        return configuration
    }

    @Test(arguments: 0..<6) func aScorerOfAnotherModuleWeighsEveryTextAsDefined(seed: Int) throws {
        let posteriors = SimulatedPosteriors.diffuse(frames: 6, labels: 4, seed: UInt64(seed))
        let expected = posteriors.probabilitiesByEnumeration()
        let search = PrefixBeamSearch(
            alphabet: try Alphabet(symbols: ["a", "b", "c"]), configuration: Self.exhaustive,
            scorer: StepScorer(weight: 0.3))
        search.reset(precedingText: "xx")
        posteriors.withView { search.advance($0) }
        let hypotheses = search.hypotheses(limit: 4000, atEnd: true)
        #expect(hypotheses.count == expected.count)
        for hypothesis in hypotheses {
            var score = log(try #require(expected[hypothesis.labels]))
            var last = 2
            for label in hypothesis.labels {
                score -= 0.3 * Double(abs(label - last))
                last = label
            }
            #expect(abs(score - 0.25 * Double(last) - Double(hypothesis.score)) < 1e-3)
        }
    }

    @Test(arguments: 0..<6) func twoScorersAtOnceMultiply(seed: Int) throws {
        let alphabet = try Alphabet(symbols: ["a", "b", " "])
        let model = try SmallModels.abSpace()
        var configuration = Self.exhaustive
        configuration.languageWeight = 0.6
        configuration.symbolBonus = 0.4
        let posteriors = SimulatedPosteriors.diffuse(frames: 6, labels: 4, seed: UInt64(seed))
        let expected = posteriors.probabilitiesByEnumeration()
        let search = PrefixBeamSearch(
            alphabet: alphabet, configuration: configuration,
            scorer: Both(
                StepScorer(weight: 0.2), NGramScorer(model, alphabet: alphabet, configuration: configuration)))
        posteriors.withView { search.advance($0) }
        for hypothesis in search.hypotheses(limit: 4000, atEnd: true) {
            let text = hypothesis.text(in: alphabet)
            var score = log(try #require(expected[hypothesis.labels]))
            score += 0.6 * model.logProbability(of: text) + 0.4 * Double(text.count)
            var last = 0
            for label in hypothesis.labels {
                score -= 0.2 * Double(abs(label - last))
                last = label
            }
            #expect(abs(score - 0.25 * Double(last) - Double(hypothesis.score)) < 1e-3, "\(text)")
        }
    }

    @Test(arguments: 0..<20) func aSearchWithAnyScorerGivesInPiecesWhatItGivesWhole(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        SimulatedPosteriors.peaky(frames: 120, labels: 96, seed: UInt64(seed)).withView { whole in
            let (pieces, once) = (
                PrefixBeamSearch(alphabet: .printableASCII, scorer: StepScorer(weight: 0.01)),
                PrefixBeamSearch(alphabet: .printableASCII, scorer: StepScorer(weight: 0.01))
            )
            once.advance(whole)
            var start = 0
            while start < whole.frames {
                let end = min(whole.frames, start + 1 + Int(generator.next() % 20))
                pieces.advance(whole[start..<end])
                _ = pieces.read(tail: whole[end..<whole.frames])
                start = end
            }
            #expect(pieces.finish(limit: 16) == once.finish(limit: 16))
        }
    }

    /// "ab" and "ac" are equally likely after the network.
    private static let closeRace = SimulatedPosteriors(
        rows: [[0.01, 0.96, 0.01, 0.01, 0.01], [0.02, 0.02, 0.47, 0.47, 0.02]])

    @Test func aWritersOwnWordsWinACloseRaceBesideTheLexicon() throws {
        let alphabet = try Alphabet(symbols: ["a", "b", "c", " "])
        var configuration = DecoderConfiguration()
        configuration.unknownWordPenalty = 2
        let lexicon = Lexicon(words: ["ab"], alphabet: alphabet)
        let own = Lexicon(words: ["ac"], weight: 1, alphabet: alphabet)
        for (personal, expected) in [(nil, "ab"), (own, "ac")] {
            let search = PrefixBeamSearch(
                alphabet: alphabet, configuration: configuration, lexicon: lexicon, personalWords: personal)
            Self.closeRace.withView { search.advance($0) }
            #expect(search.finish(limit: 1)[0].text(in: alphabet) == expected)
        }
    }

    @Test func withoutALexiconAWritersOwnWordsPunishNoOthers() throws {
        let alphabet = try Alphabet(symbols: ["a", "b", "c", " "])
        var configuration = DecoderConfiguration()
        configuration.unknownWordPenalty = 5
        let search = PrefixBeamSearch(
            alphabet: alphabet, configuration: configuration,
            personalWords: Lexicon(words: ["cc"], alphabet: alphabet))
        Self.closeRace.withView { search.advance($0) }
        let best = search.finish(limit: 1)[0]
        #expect(abs(best.score - best.ctcLogProbability) < 1e-4)
    }

    /// The word's labels stay behind others in every frame; the beam is too narrow to keep it for its end.
    @Test func aHeavyWordStaysInTheBeamBeforeItsEnd() throws {
        let alphabet = try Alphabet(symbols: ["a", "b", "c", "d", " "])
        let posteriors = SimulatedPosteriors(
            rows: [
                [0.01, 0.2, 0.01, 0.01, 0.76, 0.01], [0.01, 0.01, 0.2, 0.01, 0.76, 0.01],
                [0.01, 0.76, 0.01, 0.2, 0.01, 0.01], [0.01, 0.2, 0.01, 0.01, 0.76, 0.01],
            ])
        var configuration = DecoderConfiguration()
        configuration.beamWidth = 2
        for (weight, expected) in [(Float(0), false), (8, true)] {
            let search = PrefixBeamSearch(
                alphabet: alphabet, configuration: configuration,
                personalWords: Lexicon(words: ["abca"], weight: weight, alphabet: alphabet))
            posteriors.withView { search.advance($0) }
            let best = search.finish(limit: 1)[0]
            #expect((best.text(in: alphabet) == "abca") == expected)
        }
    }

    /// Whatever is paid on the way, a text's score is that of its whole words; and no factor is above the bound that the search prunes by.
    @Test(arguments: ["anna", "annabel", "Annabel", "annas", "ann", "an anna", "anna annabel banana", "12", "annanna"])
    func whatIsPaidOnTheWayIsSettledAtTheEnd(text: String) throws {
        let alphabet = Alphabet.printableASCII
        var configuration = DecoderConfiguration()
        configuration.wordBonus = 0.5
        var own = Lexicon(alphabet: alphabet)
        own.insert("anna", weight: 6)
        own.insert("annabel", weight: 9)
        own.insert("banana", weight: -2)
        let general = Lexicon(words: ["an", "anna"], weight: 1, alphabet: alphabet)
        let scorer = try #require(LexiconScorer(general, personal: own, configuration: configuration))
        let weights: [String: Double] = [
            "an": 1.5, "An": 1.5, "anna": 6.5, "annabel": 9.5, "Annabel": 9.5, "banana": -1.5,
        ]
        var (state, sum) = (scorer.start(after: ""), 0.0)
        for label in try alphabet.encode(text) {
            let factor = scorer.factor(of: Int32(label), after: state)
            #expect(factor > 0 && factor <= scorer.largestFactor * (1 + 1e-6))
            sum += log(factor)
            state = scorer.state(after: state, label: Int32(label))
        }
        sum += scorer.logFactorOfEnd(after: state)
        let expected = text.split(separator: " ").reduce(0.0) { $0 + (weights[String($1)] ?? 0) }
        #expect(abs(sum - expected) < 1e-5)
    }

    @Test(arguments: [("AB", 0), ("ab", -3), ("Ab", -3), ("a1", 0), ("7", 0), ("A", -3), ("cat", 0.5), ("'", -3)])
    func numbersAndCapitalsAreNotPunished(word: String, expected: Double) throws {
        var configuration = DecoderConfiguration()
        configuration.unknownWordPenalty = 3
        let alphabet = Alphabet.printableASCII
        let scorer = try #require(
            LexiconScorer(Lexicon(words: ["cat"], alphabet: alphabet), configuration: configuration))
        var state = scorer.start(after: "")
        for label in try alphabet.encode(word) {
            #expect(scorer.factor(of: Int32(label), after: state) == 1)
            state = scorer.state(after: state, label: Int32(label))
        }
        #expect(scorer.logFactorOfEnd(after: state) == expected)
        let space = try #require(alphabet.label(of: " "))
        #expect(abs(scorer.factor(of: Int32(space), after: state) - exp(expected)) < 1e-12)
        #expect(scorer.logFactorOfEnd(after: scorer.state(after: state, label: Int32(space))) == 0)
    }

    /// Prefers long readings by far.
    private final class LengthRescorer: Rescorer {
        var precedingTexts: [String] = []

        func scores(of readings: [[Int]], after precedingText: String) -> [Double] {
            precedingTexts.append(precedingText)
            return readings.map { 100 * Double($0.count) }
        }
    }

    @Test func finishedLinesAreRankedAnewAndPartialsAreNot() {
        let posteriors = SimulatedPosteriors.peaky(frames: 60, labels: 96, seed: 4)
        posteriors.withView { whole in
            let rescorer = LengthRescorer()
            let plainSearch = PrefixBeamSearch(alphabet: .printableASCII)
            let search = PrefixBeamSearch(alphabet: .printableASCII, rescorer: rescorer)
            for search in [plainSearch, search] {
                search.reset(precedingText: "so ")
                search.advance(whole)
            }
            let plain = plainSearch.finish(limit: 16)
            #expect(search.hypotheses(limit: 16) == plainSearch.hypotheses(limit: 16))
            #expect(rescorer.precedingTexts.isEmpty)
            let ranked = search.finish(limit: 16)
            #expect(rescorer.precedingTexts == ["so "])
            #expect(Set(ranked.map(\.labels)) == Set(plain.map(\.labels)))
            #expect(ranked.map { $0.labels.count } == ranked.map { $0.labels.count }.sorted(by: >))
        }
    }
}
