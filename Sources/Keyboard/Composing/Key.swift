/// A key as IBus tells it: X11's symbol, the kernel's code, modifiers.
package struct Key: Equatable, Sendable {
    package var symbol: UInt32
    package var code: UInt32
    package var state: UInt32

    package init(symbol: UInt32, code: UInt32 = 0, state: UInt32 = 0) {
        self.symbol = symbol
        self.code = code
        self.state = state
    }

    package static let enter = Key(symbol: 0xff0d, code: 28)
    package static let backspace = Key(symbol: 0xff08, code: 14)

    package static let shift: UInt32 = 1
    package static let control: UInt32 = 1 << 2
    package static let alt: UInt32 = 1 << 3
    package static let superKey: UInt32 = 1 << 6 | 1 << 26
    static let release: UInt32 = 1 << 30

    package var isRelease: Bool { state & Self.release != 0 }
    /// Shift, Control, Alt and their like alone, ISO shifts and dead layers: nothing happens in the field.
    package var isModifier: Bool {
        (0xffe1...0xffee).contains(symbol) || (0xfe01...0xfe0f).contains(symbol) || symbol == 0xff7e || symbol == 0xff7f
    }
    /// Whether the key types nothing anywhere.
    package var isWithoutSymbol: Bool { symbol == 0 || symbol == 0xffffff }
    package var isBackspace: Bool { symbol == Self.backspace.symbol && state & (Self.control | Self.alt) == 0 }

    /// 1 to 9 with Alt: which choice is meant.
    package var choice: Int? {
        guard state & Self.alt != 0, state & Self.control == 0 else { return nil }
        if (0x31...0x39).contains(symbol) { return Int(symbol) - 0x31 }
        // Keys of the number pad.
        return (0xffb1...0xffb9).contains(symbol) ? Int(symbol) - 0xffb1 : nil
    }
}
