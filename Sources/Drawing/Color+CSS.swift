extension Color {
    /// A colour as style sheets, SVG and note programs write it: `#rgb`, `#rrggbb`, `#rrggbbaa` (also with `0x`), `rgb(…)`, or one of the
    /// common names. Nil for anything else.
    public init?(css text: String) {
        let text = text.lowercased().filter { !$0.isWhitespace }
        if let named = Self.named[text] {
            self = named
            return
        }
        if text.hasPrefix("rgb"), let open = text.firstIndex(of: "("), let close = text.firstIndex(of: ")"),
            open < close
        {
            let parts = text[text.index(after: open)..<close].split(separator: ",").prefix(3).map { part in
                part.hasSuffix("%") ? Double(part.dropLast()).map { $0 * 2.55 } : Double(part)
            }
            guard parts.count == 3, let red = parts[0], let green = parts[1], let blue = parts[2] else { return nil }
            func channel(_ value: Double) -> UInt8 { UInt8(min(255, max(0, value.isFinite ? value : 0))) }
            self.init(red: channel(red), green: channel(green), blue: channel(blue))
            return
        }
        let digits = Array(text.hasPrefix("#") ? text.dropFirst() : text.hasPrefix("0x") ? text.dropFirst(2) : "")
        guard digits.allSatisfy(\.isHexDigit) else { return nil }
        func channel(_ digits: ArraySlice<Character>) -> UInt8 { UInt8(String(digits), radix: 16) ?? 0 }
        switch digits.count {
        case 3, 4:
            let channels = digits.map { channel([$0, $0]) }
            self.init(red: channels[0], green: channels[1], blue: channels[2])
        case 6, 8: self.init(red: channel(digits[0..<2]), green: channel(digits[2..<4]), blue: channel(digits[4..<6]))
        default: return nil
        }
    }

    private static let named: [String: Color] = [
        "black": .black, "white": .white, "red": Color(red: 255, green: 0, blue: 0),
        "green": Color(red: 0, green: 128, blue: 0), "blue": Color(red: 51, green: 51, blue: 204),
        "gray": Color(red: 128, green: 128, blue: 128), "grey": Color(red: 128, green: 128, blue: 128),
        "yellow": Color(red: 255, green: 255, blue: 0), "orange": Color(red: 255, green: 128, blue: 0),
        "magenta": Color(red: 255, green: 0, blue: 255), "lightblue": Color(red: 0, green: 192, blue: 255),
        "lightgreen": Color(red: 0, green: 255, blue: 0), "purple": Color(red: 128, green: 0, blue: 128),
        "cyan": Color(red: 0, green: 255, blue: 255),
    ]
}
