import DuctusInk

/// Words of a reading as text objects of a PDF's page that show nothing (rendering mode 3), each stretched to its word's box, so that
/// viewers find and mark them.
struct InvisibleText {
    /// Helvetica's ascent and descent, as a share of the size.
    private static let ascent = 0.718
    private static let descent = 0.207

    /// The font that every reader has; its resource name.
    static let fontName = "DuctusText"
    static let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"

    /// The operators for the words of a page.
    ///
    /// - Parameters:
    ///   - place: from the ink's plane to points, y up.
    static func operators(for reading: ReadPage, place: (Float, Float) -> (Double, Double)) -> String {
        var text = ""
        for piece in reading.pieces where piece.kind == .text {
            for word in piece.words { text += self.text(word.text, in: word.box, place) }
            if piece.words.isEmpty { text += self.text(piece.text, in: piece.box, place) }
        }
        return text
    }

    private static func text(_ text: String, in box: Bounds, _ place: (Float, Float) -> (Double, Double)) -> String {
        let bytes = WinAnsi.bytes(text)
        let (left, top) = place(box.minX, box.minY)
        let (right, bottom) = place(box.maxX, box.maxY)
        let (width, height) = (max(right - left, 1), max(top - bottom, 1))
        let size = height / (ascent + descent)
        let natural = bytes.reduce(0) { $0 + WinAnsi.width($1) } * size
        guard natural > 0 else { return "" }
        let stretch = 100 * width / natural
        let number = PDFObject.text
        return
            "BT 3 Tr /\(fontName) \(number(size)) Tf \(number(stretch)) Tz 1 0 0 1 \(number(left)) \(number(bottom + descent * size)) Tm "
            + PDFObject.string(bytes).text + " Tj ET\n"
    }
}

/// Text in the encoding of PDF's standard fonts, with the widths of Helvetica (Adobe's font metrics).
enum WinAnsi {
    static func bytes(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { scalar in
            switch scalar.value {
            case 0x20..<0x7f, 0xa0...0xff: UInt8(scalar.value)
            default: special[scalar] ?? UInt8(ascii: "?")
            }
        }
    }

    private static let special: [UnicodeScalar: UInt8] = [
        "€": 0x80, "‚": 0x82, "ƒ": 0x83, "„": 0x84, "…": 0x85, "†": 0x86, "‡": 0x87, "ˆ": 0x88, "‰": 0x89, "Š": 0x8a,
        "‹": 0x8b, "Œ": 0x8c, "Ž": 0x8e, "‘": 0x91, "’": 0x92, "“": 0x93, "”": 0x94, "•": 0x95, "–": 0x96, "—": 0x97,
        "˜": 0x98, "™": 0x99, "š": 0x9a, "›": 0x9b, "œ": 0x9c, "ž": 0x9e, "Ÿ": 0x9f,
    ]

    /// The width of a character as a share of the font's size.
    static func width(_ byte: UInt8) -> Double {
        let index = Int(byte) - 0x20
        return Double(index >= 0 && index < widths.count ? widths[index] : 556) / 1000
    }

    private static let widths: [Int] = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556,
        556,
        556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556,
        833,
        722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500,
        556,
        556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500,
        334,
        260, 334, 584,
    ]
}
