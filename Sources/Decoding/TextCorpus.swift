import DuctusRandomness
import Foundation

/// The training text of a language model: lines of symbols, each closed by the boundary.
///
/// For example:
///
///     var corpus = TextCorpus(alphabet: .printableASCII, cutting: .pieces(of: 15...60), seed: 1)
///     corpus.add("A whole paragraph of text that no one could write in a single line of handwriting.")
public struct TextCorpus: Sendable {
    /// The way in which text is cut into lines.
    public enum Cutting: Sendable, Equatable {
        /// Each line of text as it is.
        case whole
        /// Consecutive pieces of so many characters, cut at spaces: handwritten lines begin and end in the middle of a sentence, and a
        /// model of whole paragraphs is wrong at every line's beginning. A share of the texts stays `whole`, so that a model that
        /// counts characters knows long lines, too.
        case pieces(of: ClosedRange<Int>, whole: Float = 0)
    }

    /// The symbols in the order of their numbers, 1 and up.
    public let symbols: [String]
    /// The lines, each preceded by the boundary; one more boundary ends the last.
    public private(set) var stream: [LanguageSymbol] = [.boundary]
    /// Number of lines.
    public private(set) var lineCount = 0
    /// Number of characters left out because the alphabet lacks them.
    public private(set) var droppedCount = 0
    /// Number of characters taken.
    public var characterCount: Int { stream.count - 1 - lineCount }

    private let cutting: Cutting
    private let style: TranscriptStyle
    private let numbers: [Character: LanguageSymbol]
    private var asciiNumbers = [LanguageSymbol](repeating: .missing, count: 128)
    private var generator: SplitMix64

    /// A corpus without text.
    ///
    /// - Parameter alphabet: what the model is to predict. Symbols of more than one character do not occur in texts.
    /// - Throws: `LanguageModelFault.tooManySymbols`.
    public init(alphabet: Alphabet, cutting: Cutting = .whole, style: TranscriptStyle = .plain, seed: UInt64 = 1) throws
    {
        guard alphabet.symbols.count <= LanguageSymbol.largestCount else {
            throw LanguageModelFault.tooManySymbols(alphabet.symbols.count)
        }
        symbols = alphabet.symbols
        self.cutting = cutting
        self.style = style
        generator = SplitMix64(seed: seed)
        var numbers: [Character: LanguageSymbol] = [:]
        for (index, symbol) in alphabet.symbols.enumerated() where symbol.count == 1 {
            for character in symbol {
                numbers[character] = LanguageSymbol(index + 1)
                if let code = character.asciiValue { asciiNumbers[Int(code)] = LanguageSymbol(index + 1) }
            }
        }
        self.numbers = numbers
    }

    /// Adds one line or paragraph of text in the corpus's style, `copies` times (cut elsewhere each time).
    public mutating func add(_ text: String, copies: Int = 1) {
        let encoded = encode(style.written(text, using: &generator))
        guard !encoded.isEmpty else { return }
        for _ in 0..<copies {
            switch cutting {
            case .whole: append(encoded[...])
            case .pieces(_, let share) where share > 0 && generator.uniform() < share: append(encoded[...])
            case .pieces(let lengths, _): appendPieces(encoded, lengths)
            }
        }
    }

    /// Adds a transcript: a line as people write it, neither cut nor restyled.
    public mutating func addTranscript(_ line: String, copies: Int = 1) {
        let encoded = encode(line)
        for _ in 0..<copies { append(encoded[...]) }
    }

    private mutating func encode(_ text: String) -> [LanguageSymbol] {
        var encoded: [LanguageSymbol] = []
        encoded.reserveCapacity(text.utf8.count)
        func append(_ number: LanguageSymbol) {
            if number == .missing {
                droppedCount += 1
            } else {
                encoded.append(number)
            }
        }
        // Characters are compared as a reader sees them, however they are coded; plain text needs none of that.
        if text.utf8.allSatisfy({ $0 < 128 }) {
            for byte in text.utf8 { append(asciiNumbers[Int(byte)]) }
        } else {
            for character in text {
                if let number = numbers[character] {
                    append(number)
                } else {
                    for number in substitutes(for: character) { append(number) }
                }
            }
        }
        return encoded
    }

    /// What people write for a character that the alphabet lacks: a letter without its mark, a plain quotation mark or dash.
    private func substitutes(for character: Character) -> [LanguageSymbol] {
        let plain: String
        switch character {
        case "ß": plain = "ss"
        case "æ": plain = "ae"
        case "œ": plain = "oe"
        case "ø": plain = "o"
        case "„", "“", "”", "»", "«": plain = "\""
        case "‘", "’", "‚": plain = "'"
        case "–", "—": plain = "-"
        case "…": plain = "..."
        default:
            let scalars = String(character).decomposedStringWithCanonicalMapping.unicodeScalars
            plain = String(
                String.UnicodeScalarView(scalars.filter { $0.properties.canonicalCombiningClass == .notReordered }))
        }
        let known = plain.compactMap { numbers[$0] }
        return known.isEmpty || known.count < plain.count ? [.missing] : known
    }

    private mutating func append(_ line: ArraySlice<LanguageSymbol>) {
        guard !line.isEmpty else { return }
        stream += line
        stream.append(.boundary)
        lineCount += 1
    }

    private mutating func appendPieces(_ text: [LanguageSymbol], _ lengths: ClosedRange<Int>) {
        let space = asciiNumbers[0x20]
        var start = 0
        while start < text.count {
            let length = Int.random(in: lengths, using: &generator)
            var end = min(start + max(1, length), text.count)
            if end < text.count, text[end] != space,
                let gap = text[start..<end].lastIndex(of: space), gap > start
            {
                end = gap
            }
            append(text[start..<end])
            start = end
            while start < text.count, text[start] == space { start += 1 }
        }
    }
}
