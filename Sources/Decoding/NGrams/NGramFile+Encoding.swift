import Foundation

extension NGramFile {
    /// The compact file of a model, ready to be written.
    ///
    /// - Throws: `LanguageModelFault` where the n-grams are too many or lack their closures.
    static func encode(_ source: NGramLevels) throws -> [UInt8] {
        try Packing(source).file()
    }

    /// The way from sorted n-grams to the trie's tables.
    private struct Packing {
        private let source: NGramLevels
        private let packing: SymbolPacking
        private let nodeCount: Int
        /// Per level, then per n-gram: the inner node it is, or -1.
        private var innerNumbers: [[Int32]] = []
        private var firstChildren: [UInt32] = [0]
        private var suffixes: [UInt32] = [0]
        private var innerBackoffs: [Float] = [0]

        init(_ source: NGramLevels) throws {
            guard (1...LanguageSymbol.largestCount).contains(source.symbols.count) else {
                throw LanguageModelFault.tooManySymbols(source.symbols.count)
            }
            packing = source.packing
            guard (1...packing.largestOrder).contains(source.levels.count) else {
                throw LanguageModelFault.badOrder(
                    source.levels.count, largest: packing.largestOrder, symbols: source.symbols.count)
            }
            self.source = source
            nodeCount = source.count
            guard nodeCount < Int(Int32.max) else {
                throw LanguageModelFault.badHeader("n-grams", reason: "\(nodeCount) n-grams are too many")
            }
            markInner()
            try linkChildren()
            linkSuffixes()
        }

        /// Inner is what has children or a back-off weight. Numbers go up along the levels, as nodes do.
        private mutating func markInner() {
            var next: Int32 = 1
            for (index, level) in source.levels.enumerated() {
                var numbers = [Int32](repeating: -1, count: level.keys.count)
                let longer = index + 1 < source.levels.count ? source.levels[index + 1].keys : []
                var place = 0
                for node in level.keys.indices {
                    let begin = place
                    while place < longer.count, longer[place] >> packing.bits == level.keys[node] {
                        place += 1
                    }
                    guard place > begin || level.logBackoffs[node] != 0 else { continue }
                    numbers[node] = next
                    innerBackoffs.append(level.logBackoffs[node])
                    next += 1
                }
                innerNumbers.append(numbers)
            }
        }

        /// The children of a level's nodes are the next level, in order.
        private mutating func linkChildren() throws {
            var base = source.levels[0].keys.count
            for (index, level) in source.levels.enumerated() {
                let longer = index + 1 < source.levels.count ? source.levels[index + 1].keys : []
                var place = 0
                for node in level.keys.indices where innerNumbers[index][node] >= 0 {
                    firstChildren.append(UInt32(base + place))
                    while place < longer.count, longer[place] >> packing.bits == level.keys[node] {
                        place += 1
                    }
                }
                guard place == longer.count else {
                    throw LanguageModelFault.badHeader(
                        "n-grams", reason: "the \(index + 2)-grams are not sorted, or one lacks its first symbols")
                }
                base += longer.count
            }
            firstChildren.append(UInt32(nodeCount))
        }

        /// The suffix of an inner node: the first of its ever shorter endings that is inner itself.
        private mutating func linkSuffixes() {
            for (index, level) in source.levels.enumerated() {
                for node in level.keys.indices where innerNumbers[index][node] >= 0 {
                    guard index > 0 else {
                        suffixes.append(0)
                        continue
                    }
                    suffixes.append(suffix(of: level.keys[node], order: index + 1))
                }
            }
        }

        private func suffix(of key: UInt64, order: Int) -> UInt32 {
            var order = order - 1
            var key = key
            while order > 0 {
                key = packing.ending(of: key, order: order)
                if let node = source.levels[order - 1].keys.position(of: key), innerNumbers[order - 1][node] >= 0 {
                    return UInt32(innerNumbers[order - 1][node])
                }
                order -= 1
            }
            return 0
        }

        /// The bytes of the file.
        func file() -> [UInt8] {
            let texts = Array(source.symbols.joined(separator: "\n").utf8)
            let innerCount = suffixes.count
            let version = version(symbolCount: source.symbols.count)
            let offsets = Offsets(
                symbolBytes: texts.count, nodeCount: nodeCount, innerCount: innerCount, version: version)
            var bytes = [UInt8](repeating: 0, count: offsets.end)
            let probabilityCodes = Codebook(covering: source.levels.lazy.flatMap(\.logProbabilities))
            let backoffCodes = Codebook(covering: innerBackoffs)
            bytes.withUnsafeMutableBytes { bytes in
                bytes.copyBytes(from: magic)
                let header = [version, source.levels.count, source.symbols.count, texts.count, nodeCount, innerCount]
                store(header.map(UInt32.init), in: bytes, at: 8)
                store(texts, in: bytes, at: headerBytes)
                store(probabilityCodes.values, in: bytes, at: offsets.probabilityCodes)
                store(backoffCodes.values, in: bytes, at: offsets.backoffCodes)
                store(firstChildren, in: bytes, at: offsets.firstChildren)
                store(suffixes, in: bytes, at: offsets.suffixes)
                store(innerBackoffs.map(backoffCodes.code), in: bytes, at: offsets.backoffs)
                var node = 0
                for (level, numbers) in zip(source.levels, innerNumbers) {
                    for index in level.keys.indices {
                        let symbol = packing.last(of: level.keys[index])
                        if version == 1 {
                            bytes[offsets.symbols + node] = UInt8(symbol)
                        } else {
                            bytes.storeBytes(
                                of: UInt16(symbol), toByteOffset: offsets.symbols + 2 * node, as: UInt16.self)
                        }
                        bytes[offsets.probabilities + node] = probabilityCodes.code(of: level.logProbabilities[index])
                        if numbers[index] >= 0 { bytes[offsets.innerBits + node / 8] |= 1 << UInt8(node % 8) }
                        node += 1
                    }
                }
            }
            return bytes
        }

        private func store<T>(_ values: [T], in bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
            values.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: source)
            }
        }
    }
}
