import DuctusStreaming

/// The text of the last final, as it stands in the field: for choosing another reading, and for noticing that it was deleted
/// and written again.
struct WrittenText {
    let stream: StreamName
    let segment: UInt64
    /// The text before it; nil where the field does not report it.
    let preceding: String?
    let space: String
    private(set) var text: String
    /// Code points of `text` that were deleted from its end.
    private(set) var deleted = 0
    private(set) var deletedAt: Int64 = 0

    /// Nanoseconds in which to write again what was deleted.
    private static let patience: Int64 = 30_000_000_000
    /// The share of characters in which the new text may differ: what differs more is another thought, not a correction.
    private static let largestDifference = 0.5

    init(stream: StreamName, segment: UInt64, preceding: String?, space: String, text: String) {
        (self.stream, self.segment, self.preceding, self.space, self.text) = (stream, segment, preceding, space, text)
    }

    /// The rest of the text.
    private var remaining: String { String(text.unicodeScalars.dropLast(deleted)) }
    private var deletedText: String { String(text.unicodeScalars.suffix(deleted)) }

    /// The text that the field holds before the cursor if nothing else changed it; nil where that is unknown.
    var expected: String? { preceding.map { $0 + space + remaining } }

    /// Whether the field ends a word in the middle: the next text goes on with it.
    var endsInsideWord: Bool {
        guard deleted > 0, let last = remaining.unicodeScalars.last, let next = deletedText.unicodeScalars.first else {
            return false
        }
        return last.properties.isAlphabetic && next.properties.isAlphabetic
    }

    /// The field holds this before the cursor now.
    /// - Returns: False where more happened than a deletion at the text's end.
    mutating func follow(_ before: String, at now: Int64) -> Bool {
        guard let preceding else { return false }
        let whole = (preceding + space + text).unicodeScalars
        let present = before.unicodeScalars
        guard present.count >= preceding.codePoints, present.count <= whole.count, whole.starts(with: present) else {
            return false
        }
        note(deleted: min(whole.count - present.count, text.codePoints), at: now)
        return true
    }

    /// Code points were deleted before the cursor.
    /// - Returns: False where nothing is left that could be followed.
    mutating func delete(_ count: Int, at now: Int64) -> Bool {
        guard deleted + count <= text.codePoints + space.codePoints else { return false }
        note(deleted: min(deleted + count, text.codePoints), at: now)
        return true
    }

    private mutating func note(deleted: Int, at now: Int64) {
        guard deleted != self.deleted else { return }
        self.deleted = deleted
        deletedAt = now
    }

    mutating func replace(with text: String) {
        self.text = text
        deleted = 0
    }

    /// The corrected text of the segment, if `new`, written now, replaces the deleted part. Nil where `new` is no
    /// correction, or says the same again.
    func correction(by new: String, at now: Int64) -> String? {
        guard deleted > 0, now - deletedAt <= Self.patience else { return nil }
        let old = Array(deletedText.unicodeScalars.filter { $0 != " " }),
            fresh = Array(new.unicodeScalars.filter { $0 != " " })
        guard old != fresh, !old.isEmpty, !fresh.isEmpty else { return nil }
        let difference = Double(Self.distance(old, fresh)) / Double(max(old.count, fresh.count))
        guard difference <= Self.largestDifference else { return nil }
        let space = endsInsideWord ? "" : Spacing.space(before: new, after: remaining)
        return remaining + space + new
    }

    /// Levenshtein distance.
    private static func distance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
        var row = Array(0...other.count)
        for (index, scalar) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in 0..<other.count {
                let best = min(row[column] + 1, row[column + 1] + 1, diagonal + (scalar == other[column] ? 0 : 1))
                diagonal = row[column + 1]
                row[column + 1] = best
            }
        }
        return row[other.count]
    }
}
