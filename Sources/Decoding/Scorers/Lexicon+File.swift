import Foundation

extension Lexicon {
    /// Adds the words of a file: one a line, with a weight behind a tab where there is one; `#` begins a comment line.
    ///
    /// A later line changes the weight of an earlier one.
    ///
    /// - Parameter weight: of a word without one.
    /// - Throws: `LexiconFault`, which names the line; nothing is added then.
    public mutating func insert(contentsOf url: URL, weight: (String) -> Float = { _ in 0 }) throws(LexiconFault) {
        let path = url.path
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw .unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
        guard data.count <= Self.largestFile else { throw .tooLarge(path: path, bytes: data.count) }
        var extended = self
        let lines = String(decoding: data, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
            let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            var stated: Float?
            if parts.count == 2 {
                guard let number = Float(parts[1]), number.isFinite, abs(number) <= Self.largestWeightInFile else {
                    throw .badWeight(path: path, line: index + 1, text: String(parts[1].prefix(40)))
                }
                stated = number
            }
            let word = String(parts[0])
            guard extended.insert(word, weight: stated ?? weight(word)) else {
                throw .badWord(path: path, line: index + 1, word: String(word.prefix(40)))
            }
        }
        self = extended
    }

    /// Bytes: a million words of a dictionary have fewer.
    private static let largestFile = 64 << 20
    /// A larger weight would read a word from a blank page.
    private static let largestWeightInFile: Float = 20
}

/// The errors of a word list file.
public enum LexiconFault: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case tooLarge(path: String, bytes: Int)
    case badWord(path: String, line: Int, word: String)
    case badWeight(path: String, line: Int, text: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path) cannot be read: \(reason)"
        case .tooLarge(let path, let bytes):
            "\(path) has \(bytes) bytes, more than any list of words; give one word a line"
        case .badWord(let path, let line, let word):
            "\(path), line \(line): \"\(word)\" is no word of letters, digits and apostrophes in the model's alphabet; "
                + "write one word a line, a weight behind a tab where there is one"
        case .badWeight(let path, let line, let text):
            "\(path), line \(line): \"\(text)\" is no weight; write a number from -20 to 20 behind the tab, or none"
        }
    }
}
