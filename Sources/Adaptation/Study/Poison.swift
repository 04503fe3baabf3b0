import DuctusInk
import DuctusRandomness

/// Corrections of somebody who means harm, to measure what they can do.
public enum Poison: String, Sendable, CaseIterable {
    /// Each line gets the text of another.
    case shuffled
    /// A third of the letters are others of a similar shape: what aligns with the ink and is wrong all the same.
    case plausible

    /// The lines with wrong texts.
    public func applied(to lines: [InkLine], seed: UInt64) -> [InkLine] {
        var random = SplitMix64(seed: seed)
        switch self {
        case .shuffled:
            // Along a ring in random order, so that no line keeps its own.
            let order = lines.indices.shuffled(using: &random)
            var poisoned = lines
            for (place, index) in order.enumerated() {
                poisoned[index].text = lines[order[(place + 1) % order.count]].text
            }
            return poisoned
        case .plausible:
            return lines.map { line in
                var poisoned = line
                poisoned.text = line.text.map { text in
                    String(
                        text.map { symbol in random.uniform() < 1 / 3.0 ? Self.lookalikes[symbol] ?? symbol : symbol })
                }
                return poisoned
            }
        }
    }

    private static let lookalikes: [Character: Character] = [
        "a": "o", "b": "h", "c": "e", "d": "a", "e": "c", "f": "t", "g": "q", "h": "b", "i": "l", "j": "i", "k": "h",
        "l": "i",
        "m": "n", "n": "u", "o": "a", "p": "y", "q": "g", "r": "v", "s": "5", "t": "f", "u": "n", "v": "r", "w": "u",
        "x": "k",
        "y": "g", "z": "2", "I": "l", "O": "0", "S": "5", "B": "8", "T": "7", "A": "H", "W": "V", "M": "N", "E": "F",
        "C": "G",
    ]
}
