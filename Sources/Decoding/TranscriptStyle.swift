import DuctusRandomness

/// The transcription style of a data set. A language model must have learned from text of the same style.
public enum TranscriptStyle: String, Sendable, CaseIterable {
    /// Ordinary text.
    case plain
    /// Text as people write it by hand: ordinary text, but one text in ten in small letters alone and one in thirty-three
    /// all in capitals.
    case handwritten
    /// As the transcripts of IAM-OnDB: three clitics in five stand apart (`it 's`, `they 'll`; not `don't`), and one text in thirty is
    /// tokenized, with spaces around quotation marks, brackets and before punctuation, abbreviations not spared (`U . S .`).
    case iam

    private static let clitics: Set<String> = ["s", "ll", "d", "ve", "re", "m"]
    /// Counted in the transcripts of IAM-OnDB's training set: 154 of 260 clitics, 108 of 3,057 lines with punctuation.
    private static let cliticShare: Float = 0.59
    private static let tokenizedShare: Float = 0.035
    /// Chosen by trial, not counted: the error rates hardly depend on them, and names in small letters are read.
    private static let smallShare: Float = 0.1
    private static let capitalShare: Float = 0.03

    /// The text in this style; what varies in the data set varies with `generator`.
    public func written(_ text: String, using generator: inout SplitMix64) -> String {
        switch self {
        case .plain: return text
        case .handwritten: return Self.handwritten(text, share: generator.uniform())
        case .iam:
            let isTokenized = generator.uniform() < Self.tokenizedShare
            return Self.iam(
                text, isTokenized: isTokenized,
                separatesClitics: isTokenized || generator.uniform() < Self.cliticShare)
        }
    }

    /// - Parameter share: a number from 0 to 1 by which the letters' case is chosen.
    private static func handwritten(_ text: String, share: Float) -> String {
        if share < smallShare { return text.lowercased() }
        return share < smallShare + capitalShare ? text.uppercased() : text
    }

    private static func iam(_ text: String, isTokenized: Bool, separatesClitics: Bool) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 16)
        for (index, byte) in bytes.enumerated() {
            let before = index > 0 ? bytes[index - 1] : UInt8(ascii: " ")
            let after = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: " ")
            switch byte {
            case UInt8(ascii: "'") where isLetter(before) && separatesClitics && isClitic(bytes[(index + 1)...]):
                result.append(UInt8(ascii: " "))
                result.append(byte)
                if isTokenized { result.append(UInt8(ascii: " ")) }
            case UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "!"),
                UInt8(ascii: "?"), UInt8(ascii: ")"):
                // Not within numbers.
                if isTokenized, before != UInt8(ascii: " "), !isDigit(before) || !isDigit(after) {
                    result.append(UInt8(ascii: " "))
                }
                result.append(byte)
            case UInt8(ascii: "\""), UInt8(ascii: "("):
                if isTokenized, before != UInt8(ascii: " ") { result.append(UInt8(ascii: " ")) }
                result.append(byte)
                if isTokenized, after != UInt8(ascii: " ") { result.append(UInt8(ascii: " ")) }
            default:
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isClitic(_ rest: ArraySlice<UInt8>) -> Bool {
        clitics.contains(String(decoding: rest.prefix(while: isLetter).prefix(4), as: UTF8.self))
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
    }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
