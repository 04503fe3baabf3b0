/// The tables of an n-gram model as they lie in memory, and the two questions a decoder asks of them.
///
/// The n-grams form a trie: the children of the node for `h` are the symbols seen after `h`. Nodes lie level by level, those of one
/// parent side by side, sorted by symbol. An *inner* node (one with children or a back-off weight) can serve as a context; it is
/// marked by a bit, and its number is one more than the marks before it (the root is inner node 0). Inner nodes carry the
/// back-off weight, where their children start, and their suffix: the inner node of the longest proper suffix of
/// their context. A context is thus one number, and a step follows suffixes only while the symbol was not seen after the context.
///
/// The pointers belong to the `LanguageModel` that made the tables. Every index was checked when the model was loaded, and
/// suffixes lead to smaller numbers, so no walk leaves the tables or goes on for ever.
struct NGramTrie {
    /// A context: the number of an inner node.
    typealias State = UInt32

    /// Log probability of a symbol that the model has never seen.
    static let missingLogProbability: Float = -16

    let nodeCount: Int
    let innerCount: Int
    /// Per node: its symbol, in 8 bits or, of files with many symbols, in 16.
    let symbols: UnsafeRawPointer
    let hasWideSymbols: Bool
    /// Per node: index into `probabilityCodes`.
    let probabilities: UnsafePointer<UInt8>
    /// Per node: one bit, set for inner nodes.
    let innerBits: UnsafePointer<UInt64>
    /// Per word of `innerBits`: the marks in the words before it.
    let innerRanks: UnsafePointer<UInt32>
    /// Per inner node: index into `backoffCodes`.
    let backoffs: UnsafePointer<UInt8>
    /// Per inner node, and one more: the first of its children.
    let firstChildren: UnsafePointer<UInt32>
    /// Per inner node: the inner node of its longest proper suffix.
    let suffixes: UnsafePointer<UInt32>
    /// 256 natural log probabilities.
    let probabilityCodes: UnsafePointer<Float>
    /// 256 natural log back-off weights.
    let backoffCodes: UnsafePointer<Float>

    /// The child of an inner node for a symbol, or nil.
    @inline(__always)
    func child(of state: State, _ symbol: LanguageSymbol) -> Int? {
        if hasWideSymbols { return child(of: state, symbol, among: symbols.assumingMemoryBound(to: UInt16.self)) }
        guard let narrow = UInt8(exactly: symbol) else { return nil }
        return child(of: state, narrow, among: symbols.assumingMemoryBound(to: UInt8.self))
    }

    @inline(__always)
    private func child<Stored: FixedWidthInteger>(
        of state: State, _ symbol: Stored, among symbols: UnsafePointer<Stored>
    ) -> Int? {
        var low = Int(firstChildren[Int(state)])
        var high = Int(firstChildren[Int(state) + 1])
        while high - low > 8 {
            let middle = (low + high) >> 1
            if symbols[middle] <= symbol { low = middle } else { high = middle }
        }
        while low < high {
            if symbols[low] == symbol { return low }
            low += 1
        }
        return nil
    }

    /// The number of an inner node, or nil for a node that is none.
    @inline(__always)
    func innerNumber(of node: Int) -> State? {
        let word = innerBits[node >> 6]
        let bit = UInt64(1) << UInt64(node & 63)
        guard word & bit != 0 else { return nil }
        return 1 + innerRanks[node >> 6] + UInt32((word & (bit - 1)).nonzeroBitCount)
    }

    /// The longest context that the model keeps after `symbol` follows `state`.
    @inline(__always)
    func next(_ state: State, _ symbol: LanguageSymbol) -> State {
        var state = state
        while true {
            if let node = child(of: state, symbol), let inner = innerNumber(of: node) { return inner }
            if state == 0 { return 0 }
            state = suffixes[Int(state)]
        }
    }

    /// The natural log probability of `symbol` after `state`.
    func logProbability(_ state: State, _ symbol: LanguageSymbol) -> Float {
        var state = state
        var backoff: Float = 0
        while true {
            if let node = child(of: state, symbol) { return backoff + probabilityCodes[Int(probabilities[node])] }
            if state == 0 { return backoff + NGramTrie.missingLogProbability }
            backoff += backoffCodes[Int(backoffs[Int(state)])]
            state = suffixes[Int(state)]
        }
    }

    /// `exp(weight * logProbability)`, from tables that already hold the exponentials of the codes.
    @inline(__always)
    func factor(
        _ state: State, _ symbol: LanguageSymbol, probabilityFactors: UnsafePointer<Double>,
        backoffFactors: UnsafePointer<Double>,
        missingFactor: Double
    ) -> Double {
        var state = state
        var factor = 1.0
        while true {
            if let node = child(of: state, symbol) { return factor * probabilityFactors[Int(probabilities[node])] }
            if state == 0 { return factor * missingFactor }
            factor *= backoffFactors[Int(backoffs[Int(state)])]
            state = suffixes[Int(state)]
        }
    }
}
