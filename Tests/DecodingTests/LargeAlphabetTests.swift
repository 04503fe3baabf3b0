import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

/// Alphabets beyond ASCII: graphemes of any kind, and more of them than a byte can number.
@Suite struct LargeAlphabetTests {
    /// Chinese characters from U+4E00 on.
    private static func ideographs(_ count: Int) -> [String] {
        (0..<count).compactMap { UnicodeScalar(UInt32(0x4e00 + $0)).map { String($0) } }
    }

    private static func levels(symbols: [String], order: Int, seed: UInt64 = 3) throws -> (NGramLevels, [String]) {
        var generator = SplitMix64(seed: seed)
        // Each character mostly leads to one other.
        let lines = (0..<200).map { _ in
            var place = Int.random(in: 0..<symbols.count, using: &generator)
            return (0..<12).map { _ in
                place =
                    generator.uniform() < 0.8
                    ? (place * 7 + 3) % symbols.count : Int.random(in: 0..<symbols.count, using: &generator)
                return symbols[place]
            }.joined()
        }
        var corpus = try TextCorpus(alphabet: Alphabet(symbols: symbols))
        for line in lines { corpus.add(line) }
        #expect(corpus.droppedCount == 0)
        return (try KneserNey.estimate(corpus, order: order), lines)
    }

    @Test(arguments: [(126, 9), (127, 8), (254, 8), (255, 7), (3000, 5), (20_000, 4)])
    func everySizeOfAlphabetMakesAModelWhoseProbabilitiesSumToOne(count: Int, order: Int) throws {
        let (levels, lines) = try Self.levels(symbols: Self.ideographs(count), order: order)
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try LanguageModel.write(levels, to: url)
        // 8 bits where they are enough, so that older programs go on reading such files.
        #expect(try Data(contentsOf: url)[8] == (count <= 126 ? 1 : 2))
        let model = try LanguageModel(contentsOf: url)
        #expect(model.order == order && model.symbols.count == count)
        for context in ["", String(lines[0].prefix(3)), String(lines[1].prefix(7))] {
            let sum = model.distribution(after: context).reduce(0) { $0 + exp($1) }
            #expect(abs(sum - 1) < 0.02, "\(context): \(sum)")
        }
        #expect(model.bitsPerCharacter(lines: Array(lines.prefix(20))) < log2(Double(count)))
    }

    @Test func anOrderThatManySymbolsDoNotAllowIsRefused() {
        #expect(throws: LanguageModelFault.badOrder(6, largest: 5, symbols: 3000)) {
            try Self.levels(symbols: Self.ideographs(3000), order: 6)
        }
    }

    @Test func aFileThatIsCutOffOrOfAnotherVersionIsRefused() throws {
        let (levels, _) = try Self.levels(symbols: Self.ideographs(300), order: 3)
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try LanguageModel.write(levels, to: url)
        var bytes = try Data(contentsOf: url)
        try bytes.dropLast().write(to: url)
        #expect(throws: LanguageModelFault.self) { try LanguageModel(contentsOf: url) }
        bytes[8] = 3
        try bytes.write(to: url)
        #expect(throws: LanguageModelFault.unknownVersion(url.path, version: 3)) { try LanguageModel(contentsOf: url) }
        // A wide table that is called narrow does not fit its size.
        bytes[8] = 1
        try bytes.write(to: url)
        #expect(throws: LanguageModelFault.self) { try LanguageModel(contentsOf: url) }
    }

    @Test func arpaTextMayHaveManySymbols() throws {
        let symbols = Self.ideographs(200)
        var text = "\\data\\\nngram 1=\(symbols.count + 2)\nngram 2=1\n\n\\1-grams:\n-99\t<s>\t-0.1\n-2\t</s>\n"
        for symbol in symbols { text += "-2.3\t\(symbol)\t-0.2\n" }
        text += "\n\\2-grams:\n-0.5\t\(symbols[198]) \(symbols[199])\n\n\\end\\\n"
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString).arpa")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(text.utf8).write(to: url)
        let model = try LanguageModel(contentsOf: url)
        let pair = model.logProbability(of: symbols[198] + symbols[199], endOfLine: false)
        #expect(abs(pair - log(10.0) * (-0.1 - 2.3 - 0.5)) < 1e-3)
    }

    @Test func aSearchReadsWithThem() throws {
        let symbols = Self.ideographs(400)
        let (levels, _) = try Self.levels(symbols: symbols, order: 3)
        let alphabet = try Alphabet(symbols: symbols)
        var row = [Float](repeating: 1e-4, count: 401)
        row[300] = 0.8
        let best = SimulatedPosteriors(rows: [row]).withView {
            PrefixBeamSearch.decode($0, alphabet: alphabet, languageModel: try? LanguageModel(levels: levels))[0]
        }
        #expect(best.labels == [300])
    }

    @Test func graphemesOfSeveralScalarsAreSymbols() throws {
        let alphabet = try JSONDecoder().decode(Alphabet.self, from: Data(#""aeé नि""#.utf8))
        #expect(alphabet.symbols.count == 5)
        var corpus = try TextCorpus(alphabet: alphabet)
        corpus.add("e\u{301}नि a?")
        #expect(corpus.characterCount == 4 && corpus.droppedCount == 1)
        #expect(corpus.stream == [0, 3, 5, 4, 1, 0])
    }

    @Test func anAlphabetHasAnEnd() throws {
        let most = (0..<Alphabet.largestCount).map { "s\($0)" }
        #expect(try Alphabet(symbols: most).classCount == 65_536)
        #expect(throws: Alphabet.Fault.tooManySymbols(65_536)) { try Alphabet(symbols: most + ["one more"]) }
    }
}
