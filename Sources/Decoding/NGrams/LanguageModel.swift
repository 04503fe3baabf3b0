import DuctusFoundations
import Foundation

/// A character n-gram model with back-off: how likely a symbol is after the ones before it.
///
/// Opened from the compact file that `ductus language-model build` writes (memory-mapped: opening costs a check of its index, and processes
/// share its pages) or from ARPA text. Immutable, so any number of threads may read it.
public final class LanguageModel: @unchecked Sendable {
    // Sendable: all tables are written before `init` returns and only read afterwards; the pointers live as long as the model.

    let trie: NGramTrie
    /// The longest n-gram.
    public let order: Int
    /// The symbols it can predict, the line's end not among them.
    public let symbols: [String]
    /// Number of n-grams.
    public var count: Int { trie.nodeCount }
    private let symbolNumbers: [String: LanguageSymbol]
    private let storage: MappedFile
    private let ranks: UnsafeMutablePointer<UInt32>

    /// Opens a compact file or, told by its beginning, ARPA text.
    ///
    /// - Throws: `LanguageModelFault` naming the file and what is wrong with it.
    public convenience init(contentsOf url: URL) throws {
        let file = try MappedFile(path: url.path)
        if NGramFile.isCompact(file.bytes) {
            try self.init(file: file)
        } else {
            try self.init(levels: ARPA.read(file.bytes, name: url.path), name: url.path)
        }
    }

    /// A model in memory from its n-grams.
    public convenience init(levels: NGramLevels, name: String = "n-grams") throws {
        try self.init(file: MappedFile(copying: NGramFile.encode(levels), path: name))
    }

    init(file: MappedFile) throws {
        let layout = try NGramFile.layout(of: file)
        (trie, ranks) = layout.tables(in: file.bytes)
        // Checking the file read all of it; a language needs a part.
        file.releasePages()
        order = layout.order
        symbols = layout.symbols
        symbolNumbers = Dictionary(uniqueKeysWithValues: zip(layout.symbols, LanguageSymbol(1)...))
        storage = file
    }

    deinit { ranks.deallocate() }

    /// The model's number for a symbol.
    func symbol(of text: String) -> LanguageSymbol? { symbolNumbers[text] }

    /// The model's numbers for the characters of `text`; `NGramTrie.missing` for those it does not have.
    func encode(_ text: String) -> [LanguageSymbol] {
        text.map { symbolNumbers[String($0)] ?? LanguageSymbol.missing }
    }

    /// The context of a line that begins with `text`.
    func state(after text: String) -> NGramTrie.State {
        encode(text).reduce(trie.next(0, .boundary)) { trie.next($0, $1) }
    }

    /// Natural log probability of the rest of a line that begins with `precedingText`, its end included where `endOfLine`.
    public func logProbability(of text: String, after precedingText: String = "", endOfLine: Bool = true) -> Double {
        var state = state(after: precedingText)
        var sum = 0.0
        for symbol in encode(text) {
            sum += Double(trie.logProbability(state, symbol))
            state = trie.next(state, symbol)
        }
        if endOfLine { sum += Double(trie.logProbability(state, .boundary)) }
        return sum
    }

    /// Natural log probability of each character of a line, and last of its end.
    public func characterLogProbabilities(of text: String) -> [Double] {
        var state = state(after: "")
        return (encode(text) + [.boundary]).map { symbol in
            defer { state = trie.next(state, symbol) }
            return Double(trie.logProbability(state, symbol))
        }
    }

    /// Natural log probability of each symbol after `context` (the beginning of a line), then of the line's end.
    public func distribution(after context: String) -> [Double] {
        let state = state(after: context)
        return (1...symbols.count).map { Double(trie.logProbability(state, LanguageSymbol($0))) }
            + [Double(trie.logProbability(state, .boundary))]
    }

    /// Cross-entropy over lines: bits per character, the ends of lines scored and counted as characters.
    public func bitsPerCharacter(lines: some Sequence<String>) -> Double {
        var bits = 0.0
        var characters = 0
        for line in lines {
            bits -= logProbability(of: line) / log(2.0)
            characters += line.count + 1
        }
        return characters == 0 ? 0 : bits / Double(characters)
    }
}

extension LanguageModel {
    /// Writes a model's compact file, whole or not at all.
    ///
    /// - Returns: its size in bytes.
    /// - Throws: `LanguageModelFault` for n-grams that make no model, or `FileError.unwritable`.
    @discardableResult
    public static func write(_ levels: NGramLevels, to url: URL) throws -> Int {
        let bytes = try NGramFile.encode(levels)
        try AtomicFile.put(Data(bytes), at: url)
        return bytes.count
    }
}
