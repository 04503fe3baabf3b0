/// One letterform: the strokes of one way to write a character.
///
/// The notation it is read from is described at ``Letterforms``.
package struct Glyph: Sendable, Equatable {
    /// A place the pen passes on its way.
    package struct Via: Sendable, Equatable {
        package var position: PlanePoint
        /// Whether the pen turns sharply here instead of passing smoothly.
        package var isCorner: Bool

        package init(position: PlanePoint, isCorner: Bool = false) {
            self.position = position
            self.isCorner = isCorner
        }
    }

    /// Pen down to pen up.
    package struct Part: Sendable, Equatable {
        package var path: [Via]
        /// Whether a joined hand draws it only after the word: dots and bars.
        package var isDelayed: Bool
    }

    /// The path from the letter before into the first part; empty in separate writing.
    package var entry: [Via]
    package var parts: [Part]
    /// Whether the next letter may be joined to this one's first part.
    package var canLeadOn: Bool

    package init(entry: [Via], parts: [Part], canLeadOn: Bool) {
        self.entry = entry
        self.parts = parts
        self.canLeadOn = canLeadOn
    }

    /// Reads the notation of one form, without the character in front; `nil` if it is not in the notation.
    package init?(notation: Substring) {
        entry = []
        parts = []
        canLeadOn = true
        var path: [Via] = []
        var isDelayed = false
        for token in notation.split(separator: " ") {
            switch token {
            case "|", ";":
                guard !path.isEmpty else { return nil }
                parts.append(Part(path: path, isDelayed: isDelayed))
                path = []
                isDelayed = token == ";"
            case ">":
                entry = path
                path = []
            case "/":
                canLeadOn = false
            default:
                guard let via = Via(notation: token) else { return nil }
                path.append(via)
            }
        }
        guard !path.isEmpty else { return nil }
        parts.append(Part(path: path, isDelayed: isDelayed))
    }

    /// The smallest and the largest x of the ink, without the entry.
    package var extent: ClosedRange<Double> {
        let x = parts.flatMap { $0.path.map(\.position.x) }
        return (x.min() ?? 0)...(x.max() ?? 0)
    }
}

extension Glyph.Via {
    /// Reads `x,y` or `x,y!`.
    package init?(notation: Substring) {
        isCorner = notation.last == "!"
        let numbers = (isCorner ? notation.dropLast() : notation).split(separator: ",")
        guard numbers.count == 2, let x = Double(numbers[0]), let y = Double(numbers[1]) else { return nil }
        position = PlanePoint(x, y)
    }
}
