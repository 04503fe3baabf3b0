/// A key with modifiers that switches writing on and off, written as `Control+Alt+w`.
package struct Shortcut: Equatable, Sendable {
    private let symbol: UInt32
    private let modifiers: UInt32

    private static let names: [String: UInt32] = [
        "space": 0x20, "escape": 0xff1b, "tab": 0xff09, "pause": 0xff13, "print": 0xff61, "menu": 0xff67,
        "insert": 0xff63, "home": 0xff50, "end": 0xff57,
    ]

    /// Reads a shortcut: a letter, a digit, F1 to F12 or a named key, with Control, Alt or Super unless it is one of F1
    /// to F12. Nil for any other text.
    package init?(_ text: String) {
        var parts = text.split(separator: "+", omittingEmptySubsequences: false).map { $0.lowercased() }
        guard let key = parts.popLast(), !key.isEmpty else { return nil }
        var modifiers: UInt32 = 0
        for part in parts {
            switch part {
            case "shift": modifiers |= Key.shift
            case "control", "ctrl": modifiers |= Key.control
            case "alt": modifiers |= Key.alt
            case "super": modifiers |= Key.superKey
            default: return nil
            }
        }
        if let named = Self.names[key] {
            symbol = named
        } else if key.hasPrefix("f"), let number = UInt32(key.dropFirst()), (1...12).contains(number) {
            symbol = 0xffbd + number
        } else if key.utf8.count == 1, let scalar = key.unicodeScalars.first, (0x21...0x7e).contains(scalar.value) {
            symbol = scalar.value
        } else {
            return nil
        }
        guard modifiers & ~Key.shift != 0 || (0xffbe...0xffc9).contains(symbol) else { return nil }
        self.modifiers = modifiers
    }

    package func matches(_ key: Key) -> Bool {
        guard !key.isRelease else { return false }
        // With Shift the symbol of a letter is the capital.
        let symbol = (0x41...0x5a).contains(key.symbol) ? key.symbol + 0x20 : key.symbol
        guard symbol == self.symbol else { return false }
        func held(_ mask: UInt32) -> Bool { key.state & mask != 0 }
        return [Key.shift, Key.control, Key.alt, Key.superKey].allSatisfy { held($0) == (modifiers & $0 != 0) }
    }
}
