import DuctusFoundations
import Foundation

/// A text, and what it is to become.
public struct TextPair: Sendable, Equatable {
    /// The text that is given.
    public var source: String
    /// The text that it should become.
    public var target: String

    /// A text and what it is to become.
    public init(source: String, target: String) {
        self.source = source
        self.target = target
    }

    /// Reads a file of pairs, plain or gzip: a line each, the two texts with a tab between them; empty lines count for nothing.
    ///
    /// - Throws: `FileError`, which names the line.
    public static func read(_ url: URL) throws -> [TextPair] {
        let reader = try LineReader(url, maximumBytes: 1 << 20)
        var pairs: [TextPair] = []
        while let bytes = try reader.next() {
            guard !bytes.isEmpty else { continue }
            guard let line = String(validating: bytes, as: UTF8.self) else {
                throw malformed(reader, "it is not UTF-8 text", "Save the file as UTF-8")
            }
            let texts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard texts.count == 2, texts.allSatisfy({ !$0.isEmpty }) else {
                throw malformed(
                    reader, "a pair has two texts with one tab between them, and this line has \(texts.count - 1) tabs",
                    "Write SOURCE, a tab, TARGET; neither may be empty")
            }
            pairs.append(TextPair(source: String(texts[0]), target: String(texts[1])))
        }
        return pairs
    }

    private static func malformed(_ reader: LineReader, _ reason: String, _ remedy: String) -> FileError {
        .malformed(path: reader.path, line: reader.line, reason: reason, remedy: remedy)
    }
}
