import DuctusDecoding
import Foundation
import Testing

@Suite struct LexiconFileTests {
    @Test func aFileGivesWordsAndWeights() throws {
        let url = try file("# names\nDuctus\t2.5\n\npen\npen\t-1\n")
        defer { try? FileManager.default.removeItem(at: url) }
        var lexicon = Lexicon(words: ["ink"], alphabet: .printableASCII)
        try lexicon.insert(contentsOf: url)
        #expect(lexicon.wordCount == 3)
        for word in ["Ductus", "pen", "Pen", "ink"] { #expect(lexicon.contains(word), "\(word)") }
    }

    @Test(arguments: [
        ("ink\ntwo words\n", "line 2"), ("naïve\n", "line 1"), ("ink\theavy\n", "line 1"), ("ink\t1e9\n", "line 1"),
        ("ink\tnan\n", "line 1"), ("\tink\n", "line 1"),
    ])
    func aBadLineIsNamedAndNothingAdded(text: String, place: String) throws {
        let url = try file(text)
        defer { try? FileManager.default.removeItem(at: url) }
        var lexicon = Lexicon(alphabet: .printableASCII)
        let fault = #expect(throws: LexiconFault.self) { try lexicon.insert(contentsOf: url) }
        #expect(fault?.description.contains("\(url.path), \(place)") == true)
        #expect(lexicon.wordCount == 0)
    }

    @Test func aMissingFileIsNamed() {
        var lexicon = Lexicon(alphabet: .printableASCII)
        let fault = #expect(throws: LexiconFault.self) {
            try lexicon.insert(contentsOf: URL(filePath: "/nowhere/words.txt"))
        }
        #expect(fault?.description.contains("/nowhere/words.txt") == true)
    }

    private func file(_ text: String) throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-words-\(UUID().uuidString).txt")
        try Data(text.utf8).write(to: url)
        return url
    }
}
