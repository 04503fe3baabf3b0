import Foundation
import Testing

/// The code in the library's articles is code of the examples, which are compiled and run.
@Suite struct ArticleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let examples = [
        "ReadAFile": "read-file", "ReadALivePen": "read-pen", "LearnFromCorrections": "learn",
        "TalkToTheDaemon": "talk-to-daemon",
    ]

    @Test(arguments: examples.keys.sorted()) func itsCodeIsInItsExample(article: String) throws {
        let text = try String(
            contentsOf: Self.root.appending(path: "Sources/Library/Ductus/Ductus.docc/\(article).md"), encoding: .utf8)
        let example = try #require(Self.examples[article])
        let program = try String(
            contentsOf: Self.root.appending(path: "Examples/Sources/\(example)/main.swift"), encoding: .utf8)
        // What stands between an opening fence and the next closing one.
        let blocks = text.split(separator: "```swift\n").dropFirst().compactMap { $0.split(separator: "\n```").first }
        #expect(blocks.count >= 3)
        for block in blocks { #expect(program.contains(block), "\(article): \(example) has no such lines:\n\(block)") }
    }

    @Test func everyArticleHasAnExample() throws {
        let folder = Self.root.appending(path: "Sources/Library/Ductus/Ductus.docc")
        let articles = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".md") && $0 != "Ductus.md" }.map { String($0.dropLast(3)) }
        #expect(articles.sorted() == Self.examples.keys.sorted())
    }
}
