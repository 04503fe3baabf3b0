import DuctusRecognition

extension LearningService {
    /// Takes the words of an acknowledged correction that were not read into its writer's lexicon; they serve from the next segment on.
    func learnWords(of entry: JournaledCorrection) throws(JournalError) {
        let correction = entry.correction
        guard let words, let writer = correction.writer, entry.state != .quarantined,
            models.base.model.task == .transcription
        else { return }
        let new = PersonalWords.new(in: correction.text, read: correction.recognized)
        guard !new.isEmpty else { return }
        try words.add(new.map { PersonalWord($0, time: correction.time) }, from: correction.source)
        try loadWords(of: writer)
    }

    /// Words that writers have corrected something to, by writer.
    ///
    /// - Parameter writer: of this one alone, where given.
    public func personalWords(of writer: String? = nil) throws(JournalError) -> [(writer: String, word: PersonalWord)] {
        guard let words else { return [] }
        var found: [(writer: String, word: PersonalWord)] = []
        let writers = if let writer { [writer] } else { try words.writersWithWords() }
        for writer in writers {
            found += try words.words(of: writer).map { (writer, $0) }
        }
        return found
    }

    /// Forgets words of a writer, or all of them.
    ///
    /// - Returns: how many are gone.
    public func forgetWords(_ forgotten: [String]?, of writer: String) throws(JournalError) -> Int {
        guard let words else { return 0 }
        let count = try words.forget(forgotten, of: writer)
        try loadWords(of: writer)
        return count
    }

    /// Puts a writer's words, as the store has them, into use.
    func loadWords(of writer: String) throws(JournalError) {
        guard let words else { return }
        models.use(PersonalWords.lexicon(of: try words.words(of: writer), for: models.base.model), of: writer)
    }

    /// Puts everyone's words into use.
    func loadWords() throws(JournalError) {
        guard let words else { return }
        let writers = try words.writersWithWords()
        models.forgetWords(but: writers)
        for writer in writers { try loadWords(of: writer) }
    }
}
