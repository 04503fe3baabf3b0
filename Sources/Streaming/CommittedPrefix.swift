/// Keeps the promise that a partial's committed symbols stay: whatever the reader says later, they come first.
///
/// A reader's stable symbols only grow while it goes on. When it begins anew (the scale had drifted), its reading is joined to
/// what was promised where the promised ink ends.
package struct CommittedPrefix {
    package private(set) var symbols: [LabelEvent.Symbol] = []

    /// Unicode scalars that are promised.
    package var length: Int { symbols.reduce(0) { $0 + $1.text.unicodeScalars.count } }

    package init() {}

    /// `reading` with the promised symbols in front; the first `stable` symbols of the reading are promised from now on.
    package mutating func merge(_ reading: [LabelEvent.Symbol], stable: Int) -> [LabelEvent.Symbol] {
        let agrees =
            reading.count >= symbols.count && zip(reading, symbols).allSatisfy { $0.text == $1.text }
        guard !agrees else {
            if stable > symbols.count { symbols = Array(reading.prefix(stable)) }
            return reading
        }
        let end = symbols.last?.samples.upperBound ?? 0
        let rest = reading.drop { $0.samples.lowerBound < end }
        let merged = symbols + rest
        let read = reading.count - rest.count
        if stable > read { symbols.append(contentsOf: rest.prefix(stable - read)) }
        return merged
    }

    /// The segment is read again, or another begins: nothing is promised.
    package mutating func forget() { symbols.removeAll(keepingCapacity: true) }
}
