import DecodingTestSupport
import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

@Suite struct LanguageModelTests {
    static func levels() throws -> NGramLevels {
        var corpus = try TextCorpus(alphabet: .printableASCII, cutting: .pieces(of: 10...30), seed: 2)
        for _ in 0..<3 {
            corpus.add("The quick brown fox jumps over the lazy dog, and the dog does not even look up from its bone.")
            corpus.add("It was the best of times, it was the worst of times, it was the age of wisdom.")
        }
        return try KneserNey.estimate(corpus, order: 6)
    }

    private func temporaryFile() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString)")
    }

    @Test func theMappedFileIsTheModelInMemory() throws {
        let levels = try Self.levels()
        let url = temporaryFile()
        defer { try? FileManager.default.removeItem(at: url) }
        let size = try LanguageModel.write(levels, to: url)
        #expect(try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int == size)
        let (mapped, inMemory) = (try LanguageModel(contentsOf: url), try LanguageModel(levels: levels))
        #expect(mapped.count == levels.count && mapped.order == 6 && mapped.symbols == levels.symbols)
        for text in ["", "the dog", "It was the best", "zzz~", "THE\u{e9}"] {
            #expect(mapped.logProbability(of: text) == inMemory.logProbability(of: text))
            #expect(mapped.distribution(after: text) == inMemory.distribution(after: text))
        }
    }

    @Test func whatWasSeenIsLikelierThanWhatWasNot() throws {
        let model = try LanguageModel(levels: Self.levels())
        #expect(model.logProbability(of: "the dog") > model.logProbability(of: "teh dgo") + 5)
        #expect(model.bitsPerCharacter(lines: ["the age of wisdom."]) < 2)
    }

    @Test func samplesRepeatForTheSameSeedAndLookLikeTheText() throws {
        let model = try LanguageModel(levels: Self.levels())
        var (one, same, other) = (SplitMix64(seed: 1), SplitMix64(seed: 1), SplitMix64(seed: 2))
        let text = model.sample(length: 300, using: &one)
        #expect(text.count == 300)
        #expect(text == model.sample(length: 300, using: &same))
        #expect(text != model.sample(length: 300, using: &other))
        #expect(model.bitsPerCharacter(lines: text.split(separator: "\n").map(String.init)) < 5.5)
    }

    @Test func arpaTextGivesTheBackOffProbabilitiesOfItsDefinition() throws {
        let model = try SmallModels.abSpace()
        let ten = log(10.0)
        #expect(model.order == 2 && model.symbols == ["a", "b", " "])
        // P(a|<s>) P(b|a) P(</s>|b)
        #expect(abs(model.logProbability(of: "ab") - ten * (-0.2 - 0.1 - 0.9)) < 1e-4)
        // P(b|<s>) backs off from <s>; P(b|b) from b; P(space|b) from b; P(</s>|space) from a context without weight
        #expect(abs(model.logProbability(of: "bb ") - ten * (-0.2 - 0.5 - 0.5 - 0.5 - 0.5 - 0.7 - 0.8)) < 1e-4)
    }

    @Test(arguments: [
        ("", "is empty"), ("hello", "neither"), ("\\data\\\nngram 1=1\n", "before \\end\\"),
        ("\\data\\\nngram 1=1\n\n\\1-grams:\n-1 a b c d\n\\end\\\n", "fields"),
        ("\\data\\\nngram 1=1\n\n\\1-grams:\nx a\n\\end\\\n", "no log probability"),
        ("\\data\\\nngram 1=1\n\n\\1-grams:\n-1 a\n-1 b\n\\end\\\n", "more 1-grams than announced"),
        (
            "\\data\\\nngram 1=1\nngram 2=1\n\n\\1-grams:\n-1 a\n\n\\2-grams:\n-1 a c\n\\end\\\n",
            "not among the 1-grams"
        ),
        ("\\data\\\nngram 2=1\n", "no count"), ("\\data\\\nngram 1=999999999999\n", "no count"),
        (
            "\\data\\\nngram 1=2\nngram 2=1\nngram 3=1\n\n\\1-grams:\n-1 a\n-1 b\n\n\\2-grams:\n-1 a b\n\n\\3-grams:\n-1 a b a\n\\end\\\n",
            "missing as n-gram"
        ),
    ])
    func badARPATextIsRefusedWithItsFault(text: String, reason: String) throws {
        let url = temporaryFile()
        try Data(text.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let error = #expect(throws: LanguageModelFault.self) { try LanguageModel(contentsOf: url) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains(url.path) == true)
    }

    @Test func aMissingFileAndAFolderAreRefused() {
        #expect(throws: LanguageModelFault.self) { try LanguageModel(contentsOf: temporaryFile()) }
        #expect(throws: LanguageModelFault.self) {
            try LanguageModel(contentsOf: FileManager.default.temporaryDirectory)
        }
    }
}
