/// Keeps the words that writers have corrected something to, so that they are read right next time, before any training.
///
/// Guarantees
/// - At most `PersonalWords.limit` words of a writer: the oldest give way.
/// - What was forgotten is gone from the store's own files.
public protocol WordStore: Sendable {
    /// The words of a writer, the newest first.
    func words(of writer: String) throws(JournalError) -> [PersonalWord]

    /// Writers that have words.
    func writersWithWords() throws(JournalError) -> [String]

    /// Keeps words of a source's writer; one that is kept already is as new as the others. Of nobody nothing is kept.
    func add(_ words: [PersonalWord], from source: CorrectionSource) throws(JournalError)

    /// Removes words of a writer, or all of them.
    ///
    /// - Returns: how many are gone.
    func forget(_ words: [String]?, of writer: String) throws(JournalError) -> Int

    /// Removes the words that came from a source.
    func forget(from source: CorrectionSource) throws(JournalError)

    /// Removes what is older than `time`, unix µs.
    func forgetWords(before time: Int64) throws(JournalError)
}

/// A word that a writer uses.
public struct PersonalWord: Sendable, Equatable {
    /// The word, as it is spelled.
    public var text: String
    /// The time at which something was last corrected to it, unix µs.
    public var time: Int64

    /// A word. `time` is when something was last corrected to it, unix µs.
    public init(_ text: String, time: Int64) {
        self.text = text
        self.time = time
    }
}
