import DuctusRecognition

/// Keeps the promise that a partial's committed symbols stay. Later readings are put behind them.
///
/// A reader's stable symbols only grow while it goes on. When it begins anew (the scale had drifted), its reading is joined to
/// what was promised where the promised ink ends.
///
/// The final replaces everything, so a promise should hold there, too. Therefore only whole words are committed, and
/// none with a doubtful symbol. Of the stable prefix alone, the finals of 7 lines in 100 contradicted some part
/// (`docs/measurements/accuracy.md`).
package struct CommittedPrefix {
    package private(set) var symbols: [LabelEvent.Symbol] = []
    private let separator: String?
    /// A symbol that is less likely to be right ends what is promised.
    private let leastConfidence: Float

    /// Unicode scalars that are promised.
    package var length: Int { symbols.reduce(0) { $0 + $1.text.unicodeScalars.count } }

    /// - Parameter separator: the symbol that ends a word; nil for an alphabet without one, where each symbol stands alone.
    package init(separator: String? = " ", leastConfidence: Float = Self.leastConfidence(of: .beam)) {
        self.separator = separator
        self.leastConfidence = leastConfidence
    }

    /// Without a language model no other reading warns of a doubtful letter: more is asked of each.
    package static func leastConfidence(of decoding: Recognizer.Decoding) -> Float {
        decoding == .bestPath ? 0.9 : 0.85
    }

    /// `reading` with the promised symbols in front; from now on the words among the first `stable` symbols of the reading are promised.
    package mutating func merge(_ reading: [LabelEvent.Symbol], stable: Int) -> [LabelEvent.Symbol] {
        let agrees =
            reading.count >= symbols.count && zip(reading, symbols).allSatisfy { $0.text == $1.text }
        guard !agrees else {
            symbols = Array(reading.prefix(symbols.count))
            promise(reading.prefix(stable).dropFirst(symbols.count))
            return reading
        }
        let end = symbols.last?.samples.upperBound ?? 0
        let rest = reading.drop { $0.samples.lowerBound < end }
        let merged = symbols + rest
        promise(rest.prefix(max(0, stable - (reading.count - rest.count))))
        return merged
    }

    private mutating func promise(_ next: some Sequence<LabelEvent.Symbol>) {
        var word: [LabelEvent.Symbol] = []
        for symbol in next {
            guard symbol.confidence >= leastConfidence else { return }
            word.append(symbol)
            guard separator == nil || symbol.text == separator else { continue }
            symbols += word
            word.removeAll(keepingCapacity: true)
        }
    }

    /// The segment is read again, or another begins: nothing is promised.
    package mutating func forget() { symbols.removeAll(keepingCapacity: true) }
}

extension CommittedPrefix {
    /// The prefix of texts of a model.
    init(of model: Model, decoding: Recognizer.Decoding) {
        self.init(
            separator: model.alphabet.symbols.contains(" ") ? " " : nil,
            leastConfidence: Self.leastConfidence(of: decoding))
    }
}
