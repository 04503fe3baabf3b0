/// Counts of the n-grams of a corpus, of all orders, as Kneser-Ney estimation takes them.
///
/// One sort serves all orders: keys with the last symbol highest, so that n-grams that differ in their first symbol only lie side by side,
/// and the shorter ones follow by cutting symbols off.
struct NGramCounts {
    /// The n-grams of one order, sorted by key (first symbol highest, see `NGramLevels`).
    struct Order {
        var keys: [UInt64] = []
        /// The count of an n-gram: its occurrences for the highest order and for n-grams that begin a line, else the
        /// number of different symbols before it.
        var adjusted: [UInt32] = []
        /// The number of its occurrences.
        var raw: [UInt32] = []
    }

    private struct Entry: BitwiseCopyable {
        var key: UInt64
        var adjusted: UInt32
        var raw: UInt32
    }

    private let packing: SymbolPacking

    /// The orders, 1 first. Order 1 has every symbol of the corpus's alphabet, seen or not.
    private(set) var orders: [Order]

    init(_ corpus: TextCorpus, order: Int) {
        packing = SymbolPacking(symbolCount: corpus.symbols.count)
        var entries = NGramCounts.longest(corpus.stream, order: order, packing)
        orders = Array(repeating: Order(), count: order)
        orders[order - 1] = NGramCounts.forward(entries, order: order, packing)
        for length in stride(from: order - 1, to: 0, by: -1) {
            entries = NGramCounts.shortened(entries, to: length, packing)
            orders[length - 1] = NGramCounts.forward(entries, order: length, packing)
        }
        completeUnigrams(symbolCount: corpus.symbols.count)
    }

    /// The distinct n-grams of the highest order, last symbol highest, with how often they occur. Where a line's beginning comes
    /// sooner, the low symbols are the packing's value for none.
    private static func longest(_ stream: [LanguageSymbol], order: Int, _ packing: SymbolPacking) -> [Entry] {
        let none = packing.mask
        let top = packing.bits * UInt64(order - 1)
        // The context of a line's first symbol: the boundary alone.
        var beginning: UInt64 = 0
        for _ in 0..<(order - 1) { beginning = packing.appending(none, to: beginning) }
        var keys: [UInt64] = []
        keys.reserveCapacity(stream.count)
        var key = beginning
        for symbol in stream.dropFirst() {
            key = UInt64(symbol) << top | key >> packing.bits
            keys.append(key)
            if symbol == .boundary { key = beginning }
        }
        radixSort(&keys, bits: Int(packing.bits) * order) { $0 }
        var entries: [Entry] = []
        for key in keys {
            if let last = entries.indices.last, entries[last].key == key {
                entries[last].raw &+= 1
                entries[last].adjusted &+= 1
            } else {
                entries.append(Entry(key: key, adjusted: 1, raw: 1))
            }
        }
        return entries
    }

    /// The n-grams without their first symbols.
    private static func shortened(_ entries: [Entry], to order: Int, _ packing: SymbolPacking) -> [Entry] {
        var shorter: [Entry] = []
        for entry in entries {
            let key = entry.key >> packing.bits
            let isPreceded = packing.last(of: entry.key) != packing.mask
            if let last = shorter.indices.last, shorter[last].key == key {
                shorter[last].raw &+= entry.raw
                shorter[last].adjusted &+= isPreceded ? 1 : entry.raw
            } else {
                shorter.append(Entry(key: key, adjusted: isPreceded ? 1 : entry.raw, raw: entry.raw))
            }
        }
        return shorter
    }

    /// The n-grams that are full length, first symbol highest.
    private static func forward(_ entries: [Entry], order: Int, _ packing: SymbolPacking) -> Order {
        var turned: [Entry] = []
        turned.reserveCapacity(entries.count)
        for entry in entries where packing.last(of: entry.key) != packing.mask {
            var (rest, key) = (entry.key, UInt64(0))
            for _ in 0..<order {
                key = packing.appending(packing.last(of: rest), to: key)
                rest >>= packing.bits
            }
            turned.append(Entry(key: key, adjusted: entry.adjusted, raw: entry.raw))
        }
        radixSort(&turned, bits: Int(packing.bits) * order) { $0.key }
        return Order(keys: turned.map(\.key), adjusted: turned.map(\.adjusted), raw: turned.map(\.raw))
    }

    private mutating func completeUnigrams(symbolCount: Int) {
        let seen = orders[0]
        var all = Order()
        for symbol in 0...UInt64(symbolCount) {
            let position = seen.keys.position(of: symbol)
            all.keys.append(symbol)
            all.adjusted.append(position.map { seen.adjusted[$0] } ?? 0)
            all.raw.append(position.map { seen.raw[$0] } ?? 0)
        }
        orders[0] = all
    }
}
