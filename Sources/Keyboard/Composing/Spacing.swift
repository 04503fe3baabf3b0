/// Whether a space belongs between what stands in a field and what is written next.
package enum Spacing {
    private static let closing = Set<Unicode.Scalar>(".,;:!?)]}%…’”»'".unicodeScalars)
    private static let opening = Set<Unicode.Scalar>("([{“‘«„‚/\\-–@#$€£¿¡".unicodeScalars)

    package static func space(before text: String, after preceding: String) -> String {
        guard let first = text.unicodeScalars.first, let last = preceding.unicodeScalars.last else { return "" }
        if last.properties.isWhitespace || first.properties.isWhitespace { return "" }
        if closing.contains(first) || opening.contains(last) { return "" }
        if isWrittenWithoutSpaces(last) || isWrittenWithoutSpaces(first) { return "" }
        // Straight quotation marks close what they opened: an odd number of them is open.
        if last == "\"", isOpen(preceding) { return "" }
        if first == "\"", isOpen(preceding) { return "" }
        return " "
    }

    private static func isOpen(_ text: String) -> Bool {
        !text.unicodeScalars.reversed().prefix { $0 != "\n" }.filter { $0 == "\"" }.count.isMultiple(of: 2)
    }

    /// Thai to Khmer, kana, Han and full-width forms.
    private static func isWrittenWithoutSpaces(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3000...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xF900...0xFAFF, 0xFF00...0xFFEF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }
}
