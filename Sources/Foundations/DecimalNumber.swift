/// Reads decimal numbers from bytes, at the speed that long arrays of coordinates need.
package enum DecimalNumber {
    /// Reads `[+-] digits [. digits] [e [+-] digits]` at `position` and moves it behind; nil, and `position` unmoved, if there is
    /// no number. Digits may be missing on one side of the point.
    ///
    /// Exact below 10^15 with up to 22 decimals, off by a few units in the last place of a `Double` beyond.
    @inline(__always)
    package static func read(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> Double? {
        var at = position
        var negative = false
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") {
            negative = bytes[at] == UInt8(ascii: "-")
            at += 1
        }
        var mantissa: UInt64 = 0
        var exponent = 0
        let first = at
        while at < bytes.count, bytes[at] &- 0x30 < 10 {
            if mantissa < 100_000_000_000_000_000 {
                mantissa = mantissa &* 10 &+ UInt64(bytes[at] &- 0x30)
            } else {
                exponent += 1
            }
            at += 1
        }
        var digits = at - first
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            let point = at
            while at < bytes.count, bytes[at] &- 0x30 < 10 {
                if mantissa < 100_000_000_000_000_000 {
                    mantissa = mantissa &* 10 &+ UInt64(bytes[at] &- 0x30)
                    exponent -= 1
                }
                at += 1
            }
            digits += at - point
        }
        guard digits > 0 else { return nil }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") { exponent += power(bytes, at: &at) }
        position = at
        let magnitude = scaled(Double(mantissa), by: exponent)
        return negative ? -magnitude : magnitude
    }

    /// The power of ten behind an `e`; 0, and `position` unmoved, if no digit follows.
    private static func power(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> Int {
        var at = position + 1
        var sign = 1
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") {
            sign = bytes[at] == UInt8(ascii: "-") ? -1 : 1
            at += 1
        }
        let first = at
        var power = 0
        while at < bytes.count, bytes[at] &- 0x30 < 10 {
            power = min(power * 10 + Int(bytes[at] &- 0x30), 10_000)
            at += 1
        }
        guard at > first else { return 0 }
        position = at
        return sign * power
    }

    private static func scaled(_ mantissa: Double, by exponent: Int) -> Double {
        if exponent == 0 || mantissa == 0 { return mantissa }
        var power = 1.0
        for _ in 0..<min(abs(exponent), 400) { power *= 10 }
        return exponent > 0 ? mantissa * power : mantissa / power
    }
}
