import DuctusDecoding

extension Model {
    /// The bonus of a word that one person writes: its addition to the score of a text that has the word, a natural
    /// logarithm, 1 to 12.
    ///
    /// It grows with the language model's surprise at the word: a rare name needs help against the language model, an
    /// everyday word none. The word in small letters is looked at as well, so that the first word of a sentence is not
    /// taken for a name. `docs/adaptation.md` compares values.
    public func weight(ofExpected word: String) -> Float {
        guard let languageModel else { return Self.heaviest }
        let separator = script.wordSeparator
        // An everyday word is likely in one of these places.
        let surprise =
            ["", "and ", "of the "].flatMap { before in
                [word, word.lowercased()].map {
                    -languageModel.logProbability(of: $0 + separator, after: before, endOfLine: false)
                }
            }.min() ?? 0
        return min(Self.heaviest, max(1, Self.share * Float(surprise)))
    }

    private static let heaviest: Float = 12
    private static let share: Float = 0.7
}
