import DuctusStreaming
import Testing

@Suite struct CommittedPrefixTests {
    /// One symbol per character, each over ten samples.
    func reading(_ text: String, from first: Int = 0) -> [LabelEvent.Symbol] {
        text.enumerated().map { index, character in
            let start = first + index * 10
            return .init(text: String(character), confidence: 1, samples: start..<start + 10, strokes: 0..<1)
        }
    }

    func text(_ symbols: [LabelEvent.Symbol]) -> String { symbols.map(\.text).joined() }

    @Test func stableSymbolsArePromised() {
        var prefix = CommittedPrefix(separator: nil)
        #expect(text(prefix.merge(reading("hallo"), stable: 2)) == "hallo")
        #expect(prefix.length == 2)
        #expect(text(prefix.merge(reading("haus"), stable: 3)) == "haus")
        #expect(prefix.length == 3)
    }

    @Test func wordsArePromisedWhole() {
        var prefix = CommittedPrefix()
        _ = prefix.merge(reading("two wo"), stable: 6)
        #expect(text(prefix.symbols) == "two ")
        _ = prefix.merge(reading("two words more"), stable: 12)
        #expect(text(prefix.symbols) == "two words ")
    }

    @Test func aDoubtfulSymbolEndsWhatIsPromised() {
        var prefix = CommittedPrefix()
        var symbols = reading("a bc d ")
        symbols[3].confidence = CommittedPrefix.leastConfidence(of: .beam) - 0.01
        _ = prefix.merge(symbols, stable: 7)
        #expect(text(prefix.symbols) == "a ")
        symbols[3].confidence = CommittedPrefix.leastConfidence(of: .beam)
        _ = prefix.merge(symbols, stable: 7)
        #expect(text(prefix.symbols) == "a bc d ")
    }

    @Test func promiseOutlivesAReadingThatBeganAnew() {
        var prefix = CommittedPrefix(separator: nil)
        _ = prefix.merge(reading("hello wor"), stable: 5)
        // The scale had drifted: the new reading sees other letters in the promised ink.
        let merged = prefix.merge(reading("jelly world"), stable: 8)
        #expect(text(merged) == "hello world")
        #expect(text(prefix.symbols) == "hello wo")
    }

    @Test func shorterReadingKeepsThePromise() {
        var prefix = CommittedPrefix(separator: nil)
        _ = prefix.merge(reading("hello"), stable: 5)
        #expect(text(prefix.merge(reading("he"), stable: 1)) == "hello")
        #expect(prefix.length == 5)
    }

    @Test func lengthCountsScalarsNotSymbols() {
        var prefix = CommittedPrefix(separator: nil)
        _ = prefix.merge([.init(text: "äß", confidence: 1, samples: 0..<1, strokes: 0..<1)], stable: 1)
        #expect(prefix.length == 2)
    }
}
