/// Reads a line's posteriors while they come: what every kind of decoder can do.
///
/// A decoder is fed pieces of any size, with the same result as all at once. It belongs to one thread at a time.
public protocol StreamDecoder {
    /// Forgets all frames; expects a line that goes on after `precedingText`.
    mutating func reset(precedingText: String)
    /// Takes posteriors that are final.
    mutating func advance(_ posteriors: Posteriors)
    /// The best reading if the provisional `tail` followed, and how many of its first symbols no later frame changes. What was taken
    /// stays as it is.
    mutating func read(tail: Posteriors) -> (hypothesis: Hypothesis, stable: Int)
    /// The `limit` best readings of a line that ends here, best first, at least one.
    mutating func finish(limit: Int) -> [Hypothesis]
    /// Bytes of memory that it holds.
    var byteCount: Int { get }
}

extension BestPath: StreamDecoder {
    public mutating func reset(precedingText: String) { reset() }

    public func read(tail: Posteriors) -> (hypothesis: Hypothesis, stable: Int) {
        var path = self
        path.advance(tail)
        return (path.hypothesis, min(symbols.count, surelyCompleteCount))
    }

    public func finish(limit: Int) -> [Hypothesis] { [hypothesis] }

    public var byteCount: Int { symbols.count * MemoryLayout<ReadSymbol>.stride }
}

extension PrefixBeamSearch: StreamDecoder {
    public func read(tail: Posteriors) -> (hypothesis: Hypothesis, stable: Int) {
        (hypotheses(tail: tail, limit: 1)[0], stablePrefixLength)
    }

    public func finish(limit: Int) -> [Hypothesis] { hypotheses(limit: limit, atEnd: true) }

    public var byteCount: Int { memoryBytes }
}
