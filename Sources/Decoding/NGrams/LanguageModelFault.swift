/// The errors of language models and of the text that they are built from.
public enum LanguageModelFault: Error, Equatable, CustomStringConvertible {
    case unreadable(String, reason: String)
    case empty(String)
    case unknownFormat(String)
    case unknownVersion(String, version: Int)
    case truncated(String, expected: Int, found: Int)
    case badHeader(String, reason: String)
    case badIndex(String, table: String, position: Int)
    case badCode(String, table: String, position: Int)
    case badARPA(String, line: Int, reason: String)
    case tooManySymbols(Int)
    case badOrder(Int, largest: Int, symbols: Int)
    case noText
    case tooLittleText(found: Int, needed: Int)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path) cannot be read: \(reason)"
        case .empty(let path):
            "\(path) is empty; a language model is expected"
        case .unknownFormat(let path):
            "\(path) is neither a Ductus language model nor ARPA text; build one with `ductus language-model build`"
        case .unknownVersion(let path, let version):
            "\(path) is a language model of version \(version), this program reads versions \(NGramFile.versions); build it again"
        case .truncated(let path, let expected, let found):
            "\(path) has \(found) bytes where its header announces \(expected); copy or build it again"
        case .badHeader(let path, let reason):
            "\(path) has a damaged header: \(reason); copy or build it again"
        case .badIndex(let path, let table, let position):
            "\(path) is damaged: entry \(position) of the table of \(table) points outside; copy or build it again"
        case .badCode(let path, let table, let position):
            "\(path) is damaged: entry \(position) of the table of \(table) is not a finite number; copy or build it again"
        case .badARPA(let path, let line, let reason):
            "\(path), line \(line): \(reason)"
        case .tooManySymbols(let count):
            "\(count) different characters; a language model has at most \(LanguageSymbol.largestCount), "
                + "so give it an alphabet or plainer text"
        case .badOrder(let order, let largest, let symbols):
            "order \(order) is not possible with \(symbols) symbols; choose 1 to \(largest)"
        case .noText:
            "the texts hold no usable line; give files with text in the model's alphabet"
        case .tooLittleText(let found, let needed):
            "the texts hold \(found) characters, but one step of the training reads \(needed); give more text, or a recipe with "
                + "fewer streams"
        }
    }
}
