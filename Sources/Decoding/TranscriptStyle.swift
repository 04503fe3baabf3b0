import DuctusRandomness

/// The transcription style of a data set. A language model must have learned from text of the same style.
public enum TranscriptStyle: String, Sendable, CaseIterable {
    /// Ordinary text.
    case plain
    /// Text as people write it by hand: ordinary text, but one text in eight with spaces around its punctuation and one
    /// in twenty all in capitals.
    case handwritten
    /// As the transcripts of IAM-OnDB: three clitics in five stand apart (`it 's`, `they 'll`; not `don't`), and one text in thirty is
    /// tokenized, with spaces around quotation marks, brackets and before punctuation, abbreviations not spared (`U . S .`).
    case iam

    private static let clitics: Set<String> = ["s", "ll", "d", "ve", "re", "m"]
    /// Counted in the transcripts of IAM-OnDB's training set: 154 of 260 clitics, 108 of 3,057 lines with punctuation.
    private static let cliticShare: Float = 0.59
    private static let tokenizedShare: Float = 0.035
    /// A compromise between the writers of UNIPEN's training set (one line in four, one in thirty) and ordinary text.
    private static let handwrittenTokenizedShare: Float = 0.12
    private static let capitalShare: Float = 0.05

    /// The text in this style; what varies in the data set varies with `generator`.
    public func written(_ text: String, using generator: inout SplitMix64) -> String {
        guard self != .plain else { return text }
        if self == .handwritten, generator.uniform() < TranscriptStyle.capitalShare { return text.uppercased() }
        let isTokenized =
            generator.uniform()
            < (self == .iam ? TranscriptStyle.tokenizedShare : TranscriptStyle.handwrittenTokenizedShare)
        let separatesClitics = isTokenized || self == .iam && generator.uniform() < TranscriptStyle.cliticShare
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

    private func isClitic(_ rest: ArraySlice<UInt8>) -> Bool {
        TranscriptStyle.clitics.contains(String(decoding: rest.prefix(while: isLetter).prefix(4), as: UTF8.self))
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
    }
    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
