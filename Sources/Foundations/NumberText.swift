/// The notation of ink's numbers in text files.
package enum NumberText {
    /// The shortest text that reads back as the same number; nil for what is none.
    package static func of(_ value: Float) -> String? {
        guard value.isFinite else { return nil }
        return value == value.rounded() && abs(value) < 1e7 ? String(Int(value)) : String(value)
    }

    /// µs as ms with up to three decimals, exactly.
    package static func milliseconds(_ time: Int64) -> String {
        let (whole, rest) = time.magnitude.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        let fraction = rest == 0 ? "" : "." + String(repeating: "0", count: 3 - digits.count) + digits
        return (time < 0 ? "-" : "") + String(whole) + fraction
    }
}
