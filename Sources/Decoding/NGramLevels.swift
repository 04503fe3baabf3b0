/// The n-grams of a back-off model, order by order, as estimation and ARPA text produce them and `NGramFile` packs them.
///
/// An n-gram is a number: its symbols, seven bits each, the first one highest, symbol 0 being the line's boundary (its end when
/// predicted, its beginning as a context) and symbol k `symbols[k - 1]`. Both closures hold: with an n-gram, its first n-1 symbols and its
/// last n-1 symbols are there, too.
public struct NGramLevels: Sendable {
    /// The n-grams of one order, sorted by key.
    public struct Level: Sendable {
        public var keys: [UInt64] = []
        /// Natural log of the probability of the last symbol after the others.
        public var logProbabilities: [Float] = []
        /// Natural log of the back-off weight as a context; 0 where nothing follows.
        public var logBackoffs: [Float] = []

        public init() {}
    }

    /// Seven bits per symbol, nine symbols per key.
    static let symbolBits: UInt64 = 7
    static let symbolMask: UInt64 = 0x7f
    static let largestOrder = 9
    /// 126 symbols and the boundary; the last value of seven bits means none.
    static let largestSymbolCount = 126

    public var symbols: [String]
    /// The levels, order 1 first.
    public var levels: [Level]

    public init(symbols: [String], levels: [Level]) {
        self.symbols = symbols
        self.levels = levels
    }

    /// Number of n-grams of all orders.
    public var count: Int { levels.reduce(0) { $0 + $1.keys.count } }
}
