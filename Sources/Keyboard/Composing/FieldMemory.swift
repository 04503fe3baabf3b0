/// What stands before the cursor of a field, as far as it is known: told by the field, or remembered where the field tells nothing.
struct FieldMemory {
    /// Whether the field's program says that it tells.
    var tells = false
    private var told: SurroundingText?
    /// What stood there before our last change, and when that was: a late report of it is no news.
    private var outdated: (text: SurroundingText, at: Int64)?
    /// Our own texts since the field got the focus, while nothing else happened; nil where something did.
    private var own: String? = ""

    /// Nanoseconds in which a report of the text before our own change may still come.
    private static let delay: Int64 = 500_000_000

    /// Nil where nobody knows.
    var before: String? {
        if tells, let told { return told.before }
        return own.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What a text that is written now comes behind; empty where nothing was told and nothing typed.
    var preceding: String? { tells ? told?.before ?? own : own }

    /// Whether the field has told; some say that they will and never do, and those do not delete when asked to either.
    var hasTold: Bool { tells && told != nil }

    var hasSelection: Bool { tells && told?.hasSelection == true }

    /// - Returns: Whether it is news.
    mutating func tell(_ text: SurroundingText, at now: Int64) -> Bool {
        tells = true
        if let outdated, outdated.text == text, now - outdated.at < Self.delay { return false }
        outdated = nil
        told = text
        return true
    }

    mutating func insert(_ text: String, at now: Int64) {
        own? += text
        guard let told else { return }
        outdated = (told, now)
        self.told?.insert(text)
    }

    mutating func deleteBefore(_ count: Int, at now: Int64) {
        own = own.flatMap { $0.codePoints >= count ? String($0.unicodeScalars.dropLast(count)) : nil }
        guard let told else { return }
        outdated = (told, now)
        self.told?.deleteBefore(count)
    }

    /// Something happened that only the field knows.
    mutating func becomeUncertain() { own = nil }

    /// Another field.
    mutating func forget() {
        told = nil
        outdated = nil
        own = ""
    }
}
