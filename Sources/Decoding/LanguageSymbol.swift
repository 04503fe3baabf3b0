/// A character's number in a language model: `symbols[number - 1]`, or one of two that stand for none.
public typealias LanguageSymbol = UInt16

extension LanguageSymbol {
    /// The number that ends a line and, as a context, begins one.
    public static let boundary: LanguageSymbol = 0
    /// The symbol in place of a character that a model does not have.
    public static let missing: LanguageSymbol = .max
    /// The most characters that a language model can tell apart.
    public static let largestCount = 65_534
}
