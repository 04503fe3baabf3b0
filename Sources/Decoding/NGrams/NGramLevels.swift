/// The n-grams of a back-off model, order by order, as estimation and ARPA text produce them and `NGramFile` packs them.
///
/// An n-gram is a number: its symbols, each in as many bits as the alphabet needs (`SymbolPacking`), the first one highest, symbol 0 being the line's boundary (its end when
/// predicted, its beginning as a context) and symbol k `symbols[k - 1]`. Both closures hold: with an n-gram, its first n-1 symbols and its
/// last n-1 symbols are there, too.
public struct NGramLevels: Sendable {
    /// The n-grams of one order, sorted by key.
    public struct Level: Sendable {
        /// The n-grams' symbols, packed into one number each, ascending.
        public var keys: [UInt64] = []
        /// Natural log of the probability of the last symbol after the others.
        public var logProbabilities: [Float] = []
        /// Natural log of the back-off weight as a context; 0 where nothing follows.
        public var logBackoffs: [Float] = []

        /// A level without n-grams.
        public init() {}
    }

    /// The longest n-gram of an alphabet that is not large.
    static let largestOrder = 9
    /// The packing of the keys.
    var packing: SymbolPacking { SymbolPacking(symbolCount: symbols.count) }

    public var symbols: [String]
    /// The levels, order 1 first.
    public var levels: [Level]

    /// The n-grams of an alphabet, a level for each order, from unigrams on.
    public init(symbols: [String], levels: [Level]) {
        self.symbols = symbols
        self.levels = levels
    }

    /// Number of n-grams of all orders.
    public var count: Int { levels.reduce(0) { $0 + $1.keys.count } }
}
