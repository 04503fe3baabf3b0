/// The symbols that a model's classes stand for: class 0 is the blank, class k is `symbols[k - 1]`.
///
/// Encoded as the plain list of its symbols; read from such a list, or from a text whose characters are the symbols.
public struct Alphabet: Sendable, Hashable {
    /// Why symbols make no alphabet, or why a text cannot be written with one.
    public enum Fault: Error, Equatable, CustomStringConvertible {
        case noSymbols
        case tooManySymbols(Int)
        case emptySymbol(position: Int)
        case repeatedSymbol(String)
        case unknownSymbol(String, position: Int, text: String)

        public var description: String {
            switch self {
            case .noSymbols:
                "the alphabet has no symbols; give at least one"
            case .tooManySymbols(let count):
                "the alphabet has \(count) symbols; it may have up to \(Alphabet.largestCount)"
            case .emptySymbol(let position):
                "symbol \(position) of the alphabet is empty; every class needs a text"
            case .repeatedSymbol(let symbol):
                "the alphabet has \"\(symbol)\" twice; every class needs a text of its own"
            case .unknownSymbol(let symbol, let position, let text):
                "\"\(symbol)\" at character \(position + 1) of \"\(text)\" is not in the model's alphabet; "
                    + "write the text with symbols that the model knows"
            }
        }
    }

    /// The most symbols: their classes fit 16 bits.
    public static let largestCount = 65_535

    /// The symbols in the order of their classes: characters, or names such as `WALKING`.
    public let symbols: [String]
    private let labelOfSymbol: [String: Int]

    /// An alphabet of the given symbols for the classes 1, 2, ….
    public init(symbols: [String]) throws {
        guard !symbols.isEmpty else { throw Fault.noSymbols }
        guard symbols.count <= Self.largestCount else { throw Fault.tooManySymbols(symbols.count) }
        var labels: [String: Int] = [:]
        for (index, symbol) in symbols.enumerated() {
            guard !symbol.isEmpty else { throw Fault.emptySymbol(position: index) }
            guard labels.updateValue(index + 1, forKey: symbol) == nil else { throw Fault.repeatedSymbol(symbol) }
        }
        self.symbols = symbols
        labelOfSymbol = labels
    }

    private init(distinct symbols: [String]) {
        self.symbols = symbols
        labelOfSymbol = Dictionary(uniqueKeysWithValues: zip(symbols, 1...))
    }

    /// Space and the 94 visible characters of ASCII, in the order of their codes: 96 classes with the blank.
    public static let printableASCII = Alphabet(distinct: (0x20...0x7e).map { String(UnicodeScalar(UInt8($0))) })

    /// Number of classes, the blank among them.
    public var classCount: Int { symbols.count + 1 }

    /// The class of a symbol, or nil where the alphabet lacks it.
    public func label(of symbol: String) -> Int? { labelOfSymbol[symbol] }

    /// The text of a class; empty for the blank and for classes outside the alphabet.
    public func symbol(of label: Int) -> String {
        symbols.indices.contains(label - 1) ? symbols[label - 1] : ""
    }

    /// The classes that spell `text`, one per character.
    ///
    /// - Throws: `Fault.unknownSymbol` naming the first character that is not in the alphabet.
    public func encode(_ text: String) throws -> [Int] {
        var labels: [Int] = []
        labels.reserveCapacity(text.utf8.count)
        for (position, character) in text.enumerated() {
            guard let label = labelOfSymbol[String(character)] else {
                throw Fault.unknownSymbol(String(character), position: position, text: text)
            }
            labels.append(label)
        }
        return labels
    }

    /// The text that the classes spell.
    public func decode(_ labels: some Sequence<Int>) -> String {
        var text = ""
        for label in labels { text += symbol(of: label) }
        return text
    }

    public static func == (left: Alphabet, right: Alphabet) -> Bool { left.symbols == right.symbols }
    public func hash(into hasher: inout Hasher) { hasher.combine(symbols) }
}

extension Alphabet: Codable {
    /// Decodes a string, each of whose characters is a symbol, or an array of symbols.
    ///
    /// - Throws: what `init(symbols:)` throws.
    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            try self.init(symbols: text.map(String.init))
        } else {
            try self.init(symbols: [String](from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try symbols.encode(to: encoder)
    }
}
