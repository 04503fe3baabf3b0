import Foundation

/// Reader of back-off models in ARPA text (Doug Paul's format, as SRILM, KenLM and others write it) over characters.
///
/// Tokens are single characters; the space is written `<space>` or `▁`; `<s>` and `</s>` become the boundary, `<unk>` is left out.
enum ARPA {
    /// The largest number of n-grams in a file. It protects from headers that announce absurd numbers.
    private static let largestCount = 200_000_000

    /// The n-grams of ARPA text.
    ///
    /// - Throws: `LanguageModelFault.badARPA` with the line, or `.unknownFormat` where the text has no `\data\`.
    static func read(_ bytes: UnsafeRawBufferPointer, name: String) throws -> NGramLevels {
        guard !bytes.isEmpty else { throw LanguageModelFault.empty(name) }
        var parsing = Parsing(name: name)
        var lineNumber = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            lineNumber += 1
            try parsing.parse(String(decoding: line, as: UTF8.self), number: lineNumber)
            if parsing.isDone { break }
        }
        guard parsing.sawData else { throw LanguageModelFault.unknownFormat(name) }
        guard parsing.isDone else {
            throw LanguageModelFault.badARPA(name, line: lineNumber, reason: "the text ends before \\end\\")
        }
        return try parsing.levels()
    }

    private struct Entry {
        var key: UInt64
        var logProbability: Float
        var logBackoff: Float
    }

    private struct Parsing {
        let name: String
        var sawData = false
        var isDone = false
        private var order = 0
        private var announced: [Int] = []
        private var entries: [[Entry]] = []
        private var symbols: [String] = []
        private var numbers: [String: UInt64] = [:]
        /// The packing of keys for the symbols so far, which are all symbols once the 1-grams are read.
        private var packing: SymbolPacking { SymbolPacking(symbolCount: symbols.count) }
        private var keyBits: UInt64 = 0
        private static let logOf10 = Float(2.302585092994046)

        init(name: String) { self.name = name }

        mutating func parse(_ line: String, number: Int) throws {
            let bad = { [name] (reason: String) in LanguageModelFault.badARPA(name, line: number, reason: reason) }
            let line = line.hasSuffix("\r") ? String(line.dropLast()) : line
            if !sawData {
                sawData = line == "\\data\\"
                return
            }
            if line.isEmpty { return }
            if line == "\\end\\" {
                isDone = true
            } else if line.hasPrefix("ngram ") {
                let parts = line.dropFirst(6).split(separator: "=")
                guard parts.count == 2, Int(parts[0]) == announced.count + 1, let count = Int(parts[1]),
                    (0...largestCount).contains(count)
                else { throw bad("\"\(line)\" is no count of n-grams") }
                guard announced.count < NGramLevels.largestOrder else {
                    throw bad("orders above \(NGramLevels.largestOrder) are not supported")
                }
                announced.append(count)
                entries.append([])
            } else if line.hasPrefix("\\") {
                guard line == "\\\(order + 1)-grams:", order < announced.count else {
                    throw bad("\"\(line)\" where \\\(order + 1)-grams: or \\end\\ is expected")
                }
                order += 1
                keyBits = packing.bits
                guard order <= packing.largestOrder else {
                    throw bad("\(symbols.count) symbols allow orders up to \(packing.largestOrder)")
                }
            } else {
                try parseEntry(line, bad)
            }
        }

        private mutating func parseEntry(_ line: String, _ bad: (String) -> LanguageModelFault) throws {
            guard order > 0 else { throw bad("\"\(line)\" before \\1-grams:") }
            let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard fields.count == order + 1 || fields.count == order + 2 else {
                throw bad("\(fields.count) fields in a \(order)-gram")
            }
            guard let probability = Float(fields[0]), probability.isFinite, probability <= 0 else {
                throw bad("\"\(fields[0])\" is no log probability")
            }
            var backoff: Float = 0
            if fields.count == order + 2 {
                guard let value = Float(fields[order + 1]), value.isFinite, value < 8 else {
                    throw bad("\"\(fields[order + 1])\" is no log back-off weight")
                }
                backoff = value
            }
            guard entries[order - 1].count < announced[order - 1] else {
                throw bad("more \(order)-grams than announced")
            }
            var key: UInt64 = 0
            for field in fields[1...order] {
                guard field != "<unk>", field != "<UNK>" else { return }
                key = key << keyBits | (try number(of: String(field), bad))
            }
            entries[order - 1].append(
                Entry(key: key, logProbability: probability * Parsing.logOf10, logBackoff: backoff * Parsing.logOf10))
        }

        private mutating func number(of token: String, _ bad: (String) -> LanguageModelFault) throws -> UInt64 {
            if token == "<s>" || token == "</s>" { return UInt64(LanguageSymbol.boundary) }
            let symbol = token == "<space>" || token == "▁" ? " " : token
            if let number = numbers[symbol] { return number }
            guard order == 1 else { throw bad("\"\(token)\" is not among the 1-grams") }
            guard symbols.count < LanguageSymbol.largestCount else {
                throw bad("more than \(LanguageSymbol.largestCount) symbols; a model over characters is expected")
            }
            symbols.append(symbol)
            numbers[symbol] = UInt64(symbols.count)
            return UInt64(symbols.count)
        }

        /// Sorts, joins the boundary's two faces (`</s>` has the probability, `<s>` the back-off weight), and checks the closures.
        mutating func levels() throws -> NGramLevels {
            var levels: [NGramLevels.Level] = []
            for order in entries.indices {
                var level = NGramLevels.Level()
                for entry in entries[order].sorted(by: { $0.key < $1.key }) {
                    if let last = level.keys.indices.last, level.keys[last] == entry.key {
                        guard order == 0, entry.key == UInt64(LanguageSymbol.boundary) else {
                            throw LanguageModelFault.badARPA(name, line: 0, reason: "a \(order + 1)-gram occurs twice")
                        }
                        level.logProbabilities[last] = max(level.logProbabilities[last], entry.logProbability)
                        level.logBackoffs[last] += entry.logBackoff
                        continue
                    }
                    if order > 0 { try checkClosures(entry.key, order: order + 1, shorter: levels[order - 1].keys) }
                    level.keys.append(entry.key)
                    level.logProbabilities.append(entry.logProbability)
                    level.logBackoffs.append(entry.logBackoff)
                }
                entries[order] = []
                levels.append(level)
            }
            guard !symbols.isEmpty else {
                throw LanguageModelFault.badARPA(name, line: 0, reason: "it has no symbols")
            }
            return NGramLevels(symbols: symbols, levels: levels)
        }

        private func checkClosures(_ key: UInt64, order: Int, shorter: [UInt64]) throws {
            let ending = packing.ending(of: key, order: order - 1)
            guard shorter.position(of: packing.context(of: key)) != nil, shorter.position(of: ending) != nil else {
                throw LanguageModelFault.badARPA(
                    name, line: 0, reason: "a \(order)-gram's first or last \(order - 1) symbols are missing as n-gram")
            }
        }
    }
}
