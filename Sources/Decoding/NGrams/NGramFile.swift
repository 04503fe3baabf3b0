import Foundation

/// The compact file of a language model: a header, then the tables of `NGramTrie` as they are used, each 8-byte aligned, little-endian.
///
///     "DUCTUSLM"  version u32  order u32  symbols u32  bytes of symbol texts u32  n-grams u32  inner nodes u32
///     symbol texts (UTF-8, newline between)
///     256 log probabilities f32 · 256 log back-off weights f32
///     first children u32[inner + 1] · suffixes u32[inner] · inner bits u64[⌈n-grams / 64⌉]
///     symbols u8[n-grams] (of version 2: u16) · probability codes u8[n-grams] · back-off codes u8[inner]
///
/// Version 1 is written for alphabets of at most 126 symbols, version 2 for larger ones.
enum NGramFile {
    static let versions = 1...2
    static let largestNarrowSymbolCount = 126
    static let magic = Array("DUCTUSLM".utf8)
    static let headerBytes = 32

    /// The version that a model with so many symbols is written in.
    static func version(symbolCount: Int) -> Int { symbolCount <= largestNarrowSymbolCount ? 1 : 2 }

    /// Whether bytes begin like a compact file.
    static func isCompact(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: magic)
    }

    /// The places of the tables in a checked file.
    struct Layout {
        var version = 1
        var order = 0
        var symbols: [String] = []
        var nodeCount = 0
        var innerCount = 0
        var offsets = Offsets(symbolBytes: 0, nodeCount: 0, innerCount: 0, version: 1)
    }

    struct Offsets {
        let probabilityCodes: Int
        let backoffCodes: Int
        let firstChildren: Int
        let suffixes: Int
        let innerBits: Int
        let symbols: Int
        let probabilities: Int
        let backoffs: Int
        let end: Int

        init(symbolBytes: Int, nodeCount: Int, innerCount: Int, version: Int) {
            func aligned(_ offset: Int) -> Int { (offset + 7) & ~7 }
            probabilityCodes = aligned(headerBytes + symbolBytes)
            backoffCodes = probabilityCodes + 1024
            firstChildren = backoffCodes + 1024
            suffixes = aligned(firstChildren + 4 * (innerCount + 1))
            innerBits = aligned(suffixes + 4 * innerCount)
            symbols = innerBits + 8 * ((nodeCount + 63) / 64)
            probabilities = aligned(symbols + nodeCount * (version == 1 ? 1 : 2))
            backoffs = aligned(probabilities + nodeCount)
            end = backoffs + innerCount
        }
    }

    /// Checks a file from end to end where an error could lead outside it, and says where its tables lie.
    static func layout(of file: MappedFile) throws -> Layout {
        let (bytes, path) = (file.bytes, file.path)
        guard !bytes.isEmpty else { throw LanguageModelFault.empty(path) }
        guard isCompact(bytes) else { throw LanguageModelFault.unknownFormat(path) }
        guard bytes.count >= headerBytes else {
            throw LanguageModelFault.truncated(path, expected: headerBytes, found: bytes.count)
        }
        func field(_ index: Int) -> Int { Int(bytes.loadUnaligned(fromByteOffset: 8 + 4 * index, as: UInt32.self)) }
        guard versions.contains(field(0)) else { throw LanguageModelFault.unknownVersion(path, version: field(0)) }
        var layout = Layout()
        layout.version = field(0)
        layout.order = field(1)
        layout.nodeCount = field(4)
        layout.innerCount = field(5)
        let (symbolCount, symbolBytes) = (field(2), field(3))
        guard (1...NGramLevels.largestOrder).contains(layout.order) else {
            throw LanguageModelFault.badHeader(path, reason: "order \(layout.order)")
        }
        let most = layout.version == 1 ? largestNarrowSymbolCount : LanguageSymbol.largestCount
        guard (1...most).contains(symbolCount) else {
            throw LanguageModelFault.badHeader(path, reason: "\(symbolCount) symbols")
        }
        guard layout.innerCount >= 1, layout.innerCount <= layout.nodeCount + 1 else {
            throw LanguageModelFault.badHeader(
                path, reason: "\(layout.innerCount) inner of \(layout.nodeCount) n-grams")
        }
        layout.offsets = Offsets(
            symbolBytes: symbolBytes, nodeCount: layout.nodeCount, innerCount: layout.innerCount,
            version: layout.version)
        guard layout.offsets.end == bytes.count else {
            throw LanguageModelFault.truncated(path, expected: layout.offsets.end, found: bytes.count)
        }
        let text = String(decoding: bytes[headerBytes..<(headerBytes + symbolBytes)], as: UTF8.self)
        layout.symbols = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard layout.symbols.count == symbolCount, Set(layout.symbols).count == symbolCount,
            !layout.symbols.contains("")
        else { throw LanguageModelFault.badHeader(path, reason: "the texts of its symbols") }
        try check(layout, bytes, path)
        return layout
    }

    private static func check(_ layout: Layout, _ bytes: UnsafeRawBufferPointer, _ path: String) throws {
        for code in 0..<512 {
            let value = bytes.load(fromByteOffset: layout.offsets.probabilityCodes + 4 * code, as: Float.self)
            // A probability is at most one; a back-off weight may exceed it, but not by much.
            guard value.isFinite, value <= (code < 256 ? 1e-3 : 20) else {
                let table = code < 256 ? "probability codes" : "back-off codes"
                throw LanguageModelFault.badCode(path, table: table, position: code & 255)
            }
        }
        let firstChildren = pointer(bytes, layout.offsets.firstChildren, UInt32.self)
        let suffixes = pointer(bytes, layout.offsets.suffixes, UInt32.self)
        var previous: UInt32 = 0
        for inner in 0...layout.innerCount {
            guard firstChildren[inner] >= previous, firstChildren[inner] <= layout.nodeCount else {
                throw LanguageModelFault.badIndex(path, table: "first children", position: inner)
            }
            previous = firstChildren[inner]
        }
        for inner in 1..<max(1, layout.innerCount) where suffixes[inner] >= inner {
            throw LanguageModelFault.badIndex(path, table: "suffixes", position: inner)
        }
        let bits = pointer(bytes, layout.offsets.innerBits, UInt64.self)
        var marks = 0
        for word in 0..<((layout.nodeCount + 63) / 64) { marks += bits[word].nonzeroBitCount }
        guard marks == layout.innerCount - 1 else {
            throw LanguageModelFault.badIndex(path, table: "inner bits", position: marks)
        }
    }

    private static func pointer<T>(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _: T.Type) -> UnsafePointer<T> {
        UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped + offset).assumingMemoryBound(to: T.self)
    }
}

extension NGramFile.Layout {
    /// The tables within `bytes` (kept alive by the caller) and the ranks of the inner bits (owned by the caller).
    func tables(in bytes: UnsafeRawBufferPointer) -> (NGramTrie, UnsafeMutablePointer<UInt32>) {
        let base = bytes.baseAddress.unsafelyUnwrapped
        func table<T>(_ offset: Int, _: T.Type) -> UnsafePointer<T> {
            UnsafeRawPointer(base + offset).assumingMemoryBound(to: T.self)
        }
        let bits = table(offsets.innerBits, UInt64.self)
        let words = (nodeCount + 63) / 64
        let ranks = UnsafeMutablePointer<UInt32>.allocate(capacity: max(words, 1))
        var marks: UInt32 = 0
        for word in 0..<words {
            ranks[word] = marks
            marks += UInt32(bits[word].nonzeroBitCount)
        }
        let trie = NGramTrie(
            nodeCount: nodeCount, innerCount: innerCount, symbols: base + offsets.symbols,
            hasWideSymbols: version > 1,
            probabilities: table(offsets.probabilities, UInt8.self), innerBits: bits, innerRanks: UnsafePointer(ranks),
            backoffs: table(offsets.backoffs, UInt8.self), firstChildren: table(offsets.firstChildren, UInt32.self),
            suffixes: table(offsets.suffixes, UInt32.self),
            probabilityCodes: table(offsets.probabilityCodes, Float.self),
            backoffCodes: table(offsets.backoffCodes, Float.self))
        return (trie, ranks)
    }
}
