import DuctusDecoding
import Testing

@Suite struct LexiconTests {
    @Test func wordsAreFoundWithTheirCapitalizedForm() {
        var lexicon = Lexicon(words: ["the", "Thames", "don't"], alphabet: .printableASCII)
        #expect(lexicon.wordCount == 3)
        for word in ["the", "The", "Thames", "don't", "Don't"] { #expect(lexicon.contains(word), "\(word)") }
        for word in ["th", "thames", "THE", "", "them", "the "] { #expect(!lexicon.contains(word), "\(word)") }
        let isNew = lexicon.insert("th")
        #expect(isNew)
        #expect(lexicon.contains("th") && lexicon.wordCount == 4)
    }

    @Test func whatIsNoWordIsRefused() {
        var lexicon = Lexicon(alphabet: .printableASCII)
        for word in ["", "two words", "e-mail", "naïve"] {
            let isTaken = lexicon.insert(word)
            #expect(!isTaken, "\(word)")
        }
        #expect(lexicon.wordCount == 0)
    }

    @Test func aWeightedWordWinsACloseRace() throws {
        // "ab" and "ac" are equally likely; "d" separates words.
        let alphabet = try Alphabet(symbols: ["a", "b", "c", " "])
        let rows: [[Float]] = [[0.01, 0.96, 0.01, 0.01, 0.01], [0.02, 0.02, 0.47, 0.47, 0.02]]
        for word in ["ab", "ac"] {
            var lexicon = Lexicon(alphabet: alphabet)
            lexicon.insert(word, weight: 1)
            let best = SimulatedPosteriors(rows: rows).withView {
                PrefixBeamSearch.decode($0, alphabet: alphabet, lexicon: lexicon)[0]
            }
            #expect(best.text(in: alphabet) == word)
        }
    }
}
