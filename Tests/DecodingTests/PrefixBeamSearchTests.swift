import DecodingTestSupport
import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

@Suite struct PrefixBeamSearchTests {
    /// Nothing pruned: wide enough for every text.
    private static var exhaustive: DecoderConfiguration {
        var configuration = DecoderConfiguration()
        configuration.beamWidth = 2000
        configuration.labelThreshold = -100
        configuration.blankThreshold = 2
        return configuration
    }

    private static func alphabet(labels: Int) throws -> Alphabet {
        try Alphabet(symbols: (1..<labels).map { String(UnicodeScalar(UInt8(96 + $0))) })
    }

    @Test(arguments: 0..<12) func aWideBeamFindsEveryTextWithItsProbability(seed: Int) throws {
        let posteriors = SimulatedPosteriors.diffuse(frames: 7, labels: 3, seed: UInt64(seed))
        let expected = posteriors.probabilitiesByEnumeration()
        let hypotheses = try posteriors.withView {
            PrefixBeamSearch.decode(
                $0, alphabet: try Self.alphabet(labels: 3), configuration: Self.exhaustive, limit: 2000)
        }
        #expect(hypotheses.count == expected.count)
        for hypothesis in hypotheses {
            let probability = try #require(expected[hypothesis.labels])
            #expect(abs(exp(Double(hypothesis.ctcLogProbability)) - probability) < 1e-5)
        }
        #expect(hypotheses.map(\.score) == hypotheses.map(\.score).sorted(by: >))
    }

    @Test(arguments: 0..<12) func aLanguageModelAndALexiconWeighEveryTextAsDefined(seed: Int) throws {
        let posteriors = SimulatedPosteriors.diffuse(frames: 6, labels: 4, seed: UInt64(seed))
        let alphabet = try Alphabet(symbols: ["a", "b", " "])
        let model = try SmallModels.abSpace()
        var lexicon = Lexicon(alphabet: alphabet)
        lexicon.insert("ab", weight: 0.7)
        lexicon.insert("b")
        var configuration = Self.exhaustive
        configuration.languageWeight = 0.6
        configuration.symbolBonus = 0.4
        configuration.wordBonus = 0.3
        configuration.unknownWordPenalty = 0.9
        let hypotheses = posteriors.withView {
            PrefixBeamSearch.decode(
                $0, alphabet: alphabet, configuration: configuration, languageModel: model, lexicon: lexicon,
                limit: 4000)
        }
        let expected = posteriors.probabilitiesByEnumeration()
        #expect(hypotheses.count == expected.count)
        for hypothesis in hypotheses {
            let text = hypothesis.text(in: alphabet)
            var score = log(try #require(expected[hypothesis.labels]))
            #expect(abs(score - Double(hypothesis.ctcLogProbability)) < 1e-3)
            score += 0.6 * model.logProbability(of: text) + 0.4 * Double(text.count)
            for word in text.split(separator: " ") {
                score += word == "ab" || word == "Ab" ? 1.0 : word == "b" ? 0.3 : -0.9
            }
            #expect(abs(score - Double(hypothesis.score)) < 1e-3, "\(text)")
        }
    }

    @Test(arguments: 0..<30) func piecesGiveWhatOnePassGives(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        SimulatedPosteriors.peaky(frames: 150, labels: 96, seed: UInt64(seed)).withView { whole in
            let search = PrefixBeamSearch(alphabet: .printableASCII)
            var stable: [Int] = []
            var start = 0
            while start < whole.frames {
                let end = min(whole.frames, start + 1 + Int(generator.next() % 20))
                search.advance(whole[start..<end])
                start = end
                let now = search.stablePrefix
                #expect(now.starts(with: stable))
                #expect(search.stablePrefixLength == now.count)
                stable = now
            }
            let pieces = search.hypotheses(limit: 16, atEnd: true)
            #expect(pieces == PrefixBeamSearch.decode(whole, alphabet: .printableASCII, limit: 16))
            #expect(pieces.allSatisfy { $0.labels.starts(with: stable) })
        }
    }

    @Test(arguments: 0..<10) func theTailIsReadWithoutTouchingTheState(seed: Int) {
        SimulatedPosteriors.peaky(frames: 90, labels: 96, seed: UInt64(seed)).withView { whole in
            let search = PrefixBeamSearch(alphabet: .printableASCII)
            search.advance(whole[0..<50])
            let before = search.hypotheses(limit: 16)
            let partial = search.hypotheses(tail: whole[50..<90], limit: 3)
            #expect(search.hypotheses(limit: 16) == before)
            #expect(partial[0].labels.starts(with: search.stablePrefix))
            search.advance(whole[50..<90])
            #expect(search.hypotheses(limit: 3) == partial)
        }
    }

    @Test func frequentCollectionsOfAVeryLongLineChangeNothing() {
        // Diffuse posteriors make many short-lived prefixes: the tree and the history are collected over and over.
        let posteriors = SimulatedPosteriors.diffuse(frames: 4000, labels: 6, seed: 5, sharpness: 1)
        posteriors.withView { whole in
            var configuration = DecoderConfiguration()
            configuration.beamWidth = 4
            let alphabet = Alphabet.printableASCII
            let padded = SimulatedPosteriors.padded(whole, to: alphabet.classCount)
            padded.withView { whole in
                let search = PrefixBeamSearch(alphabet: alphabet, configuration: configuration)
                search.advance(whole)
                let best = search.hypotheses()[0]
                #expect(best.labels.count > 500)
                #expect(
                    zip(best.symbols, best.symbols.dropFirst()).allSatisfy {
                        $0.frames.upperBound <= $1.frames.lowerBound
                    })
                let memory = search.memoryBytes
                search.reset()
                search.advance(whole)
                #expect(search.memoryBytes == memory)
                #expect(search.hypotheses()[0] == best)
            }
        }
    }

    @Test(arguments: 0..<8) func framesAreThoseOfTheLikeliestAlignment(seed: Int) throws {
        try SimulatedPosteriors.diffuse(frames: 12, labels: 4, seed: UInt64(seed), sharpness: 3).withView {
            posteriors in
            let best = PrefixBeamSearch.decode(
                posteriors, alphabet: try Self.alphabet(labels: 4), configuration: Self.exhaustive)[0]
            let alignment = try #require(ForcedAlignment.align(posteriors, labels: best.labels))
            #expect(best.symbols.map(\.frames) == alignment.symbols.map(\.frames))
        }
    }

    @Test func doubledLettersNeedABlankBetween() throws {
        let rows: [[Float]] = [[0.1, 0.9], [0.1, 0.9], [0.99, 0.01], [0.1, 0.9]]
        let best = try SimulatedPosteriors(rows: rows).withView {
            PrefixBeamSearch.decode($0, alphabet: try Self.alphabet(labels: 2))[0]
        }
        #expect(best.labels == [1, 1])
        #expect(best.symbols.map(\.frames) == [0..<2, 3..<4])
        #expect(best.symbols.allSatisfy { $0.confidence > 0.8 && $0.confidence <= 1 })
    }

    @Test func doubledLettersSurviveASkippedBlank() throws {
        let rows: [[Float]] = [[0.1, 0.9], [0.9999, 0.0001], [0.1, 0.9]]
        let best = try SimulatedPosteriors(rows: rows).withView {
            PrefixBeamSearch.decode($0, alphabet: try Self.alphabet(labels: 2))[0]
        }
        #expect(best.labels == [1, 1])
    }

    @Test(arguments: [Float.nan, -.infinity, .infinity, 1e30, -1e30]) func nonsenseIsSurvived(value: Float) throws {
        var values = [Float](repeating: value, count: 40)
        values[4] = log(0.9)
        try Posteriors.withView(of: values, labels: 4) { posteriors in
            let hypotheses = PrefixBeamSearch.decode(posteriors, alphabet: try Self.alphabet(labels: 4), limit: 5)
            #expect(!hypotheses.isEmpty)
            #expect(BestPath.decode(posteriors).labels.count <= 10)
        }
    }

    @Test func noFramesReadAsNothing() {
        let search = PrefixBeamSearch(alphabet: .printableASCII)
        #expect(search.hypotheses(limit: 3, atEnd: true).map(\.labels) == [[]])
        #expect(search.stablePrefix == [])
    }

    @Test func precedingTextIsTheLanguageModelsContext() throws {
        let model = try SmallModels.abSpace()
        let alphabet = try Alphabet(symbols: ["a", "b", " "])
        let rows: [[Float]] = [[0.1, 0.45, 0.45, 0.0001]]
        SimulatedPosteriors(rows: rows).withView { posteriors in
            var configuration = DecoderConfiguration()
            configuration.languageWeight = 2
            let search = PrefixBeamSearch(alphabet: alphabet, configuration: configuration, languageModel: model)
            search.reset(precedingText: "a")
            search.advance(posteriors)
            let afterA = search.hypotheses()[0].text(in: alphabet)
            search.reset(precedingText: "b")
            search.advance(posteriors)
            let afterB = search.hypotheses()[0].text(in: alphabet)
            #expect(afterA == "b" && afterB == "a")
        }
    }
}
