/// The change of the text by a gesture.
package enum Edit: String, CaseIterable, Sendable {
    case deleteWord, space, enter, deleteCharacter
}

extension String {
    var trimmingSpaces: String {
        let scalars = unicodeScalars.drop { $0.properties.isWhitespace }
        let end = scalars.lastIndex { !$0.properties.isWhitespace }
        return end.map { String(scalars[...$0]) } ?? ""
    }

    /// The text without its last word and what spaces follow that.
    var withoutLastWord: String {
        let scalars = Array(unicodeScalars)
        var end = scalars.count
        while end > 0, scalars[end - 1].properties.isWhitespace { end -= 1 }
        while end > 0, !scalars[end - 1].properties.isWhitespace { end -= 1 }
        return String(scalars[..<end])
    }
}
