/// Words that a reader should expect, each with a weight: a dictionary, or what a user writes often.
///
/// It never forbids: a word that is not here stays possible (see `DecoderConfiguration.unknownWordPenalty`). Letters, digits and the
/// apostrophe make words, everything else separates them. A word in lower case is also known with a capital first letter.
public struct Lexicon: Sendable, Equatable {
    /// A place in the tree of words: a node, or `outside`.
    typealias State = Int32
    /// The state at the beginning of a word.
    static let start: State = 0
    /// The state of a prefix that begins no known word.
    static let outside: State = -1

    private struct Node: Equatable {
        var label: Int32
        var firstChild: Int32 = -1
        var nextSibling: Int32 = -1
        /// The weight of the word that ends here; nil where none does.
        var weight: Float?
        /// The share of its word's weight that a text has earned by coming this far.
        var advance: Float = 0
    }

    /// The role of a label within words.
    enum LabelKind: UInt8 {
        case separator, letter, capital, digit
    }

    private let alphabet: Alphabet
    private let kinds: [LabelKind]
    private var nodes = [Node(label: 0)]
    private var childOfStart: [Int32]
    /// Number of words, capitalized twins not counted.
    public private(set) var wordCount = 0
    private(set) var largestWeight: Float = 0
    /// The most that one more label adds to an advance.
    private(set) var largestStep: Float = 0

    /// A lexicon without words for a model's alphabet.
    public init(alphabet: Alphabet) {
        self.alphabet = alphabet
        kinds = [.separator] + alphabet.symbols.map(Self.kind)
        childOfStart = Array(repeating: -1, count: alphabet.classCount)
    }

    /// A lexicon of words, all with the same weight.
    public init(words: some Sequence<String>, weight: Float = 0, alphabet: Alphabet) {
        self.init(alphabet: alphabet)
        for word in words { insert(word, weight: weight) }
    }

    /// Adds a word, or changes its weight (added to the score of a text for each time the word occurs).
    ///
    /// - Returns: false, and nothing is added, where the word is empty or has symbols that make no words in this alphabet.
    @discardableResult
    public mutating func insert(_ word: String, weight: Float = 0) -> Bool {
        guard !word.isEmpty, let labels = try? alphabet.encode(word), labels.allSatisfy({ kinds[$0] != .separator })
        else {
            return false
        }
        if add(labels, weight: weight) { wordCount += 1 }
        let capitalized = word.prefix(1).uppercased() + word.dropFirst()
        if capitalized != word, let labels = try? alphabet.encode(capitalized), !contains(labels) {
            _ = add(labels, weight: weight)
        }
        largestWeight = max(largestWeight, weight)
        return true
    }

    /// Whether the lexicon has this word.
    public func contains(_ word: String) -> Bool {
        guard let labels = try? alphabet.encode(word) else { return false }
        return contains(labels)
    }

    private func contains(_ labels: [Int]) -> Bool {
        var state = Lexicon.start
        for label in labels { state = next(state, Int32(label)) }
        return state != Lexicon.outside && state != Lexicon.start && nodes[Int(state)].weight != nil
    }

    private mutating func add(_ labels: [Int], weight: Float) -> Bool {
        var state = Lexicon.start
        var depth = 0
        for label in labels {
            var child = next(state, Int32(label))
            if child == Lexicon.outside {
                child = Int32(nodes.count)
                nodes.append(Node(label: Int32(label)))
                if state == Lexicon.start {
                    childOfStart[label] = child
                } else {
                    nodes[Int(child)].nextSibling = nodes[Int(state)].firstChild
                    nodes[Int(state)].firstChild = child
                }
            }
            state = child
            depth += 1
            nodes[Int(state)].advance = max(nodes[Int(state)].advance, weight * Float(depth) / Float(labels.count))
        }
        largestStep = max(largestStep, weight / Float(labels.count))
        let isNew = nodes[Int(state)].weight == nil
        nodes[Int(state)].weight = weight
        return isNew
    }

    private static func kind(of symbol: String) -> LabelKind {
        guard symbol == "'" || symbol.allSatisfy({ $0.isLetter || $0.isNumber }) else { return .separator }
        if symbol.contains(where: \.isNumber) { return .digit }
        return symbol.contains(where: \.isUppercase) ? .capital : .letter
    }

    /// Whether `label` belongs to words; the others separate them.
    @inline(__always)
    func isWord(_ label: Int32) -> Bool { kinds[Int(label)] != .separator }

    /// The role of `label` within words.
    @inline(__always)
    func kind(of label: Int32) -> LabelKind { kinds[Int(label)] }

    /// The place after a label that belongs to words.
    func next(_ state: State, _ label: Int32) -> State {
        if state == Lexicon.start { return childOfStart[Int(label)] }
        guard state != Lexicon.outside else { return Lexicon.outside }
        var child = nodes[Int(state)].firstChild
        while child >= 0 {
            if nodes[Int(child)].label == label { return child }
            child = nodes[Int(child)].nextSibling
        }
        return Lexicon.outside
    }

    /// The part of a weight that counts before its word is complete: it grows label by label, so that a word that is unlikely to the language
    /// model does not leave the beam on the way to its end.
    @inline(__always)
    func advance(at state: State) -> Float {
        state > Lexicon.start ? nodes[Int(state)].advance : 0
    }

    /// The weight of the word that ends at `state`, or nil where none does.
    @inline(__always)
    func weight(at state: State) -> Float? {
        state > Lexicon.start ? nodes[Int(state)].weight : nil
    }
}
