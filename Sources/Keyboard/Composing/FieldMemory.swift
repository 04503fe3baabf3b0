/// The text before the cursor of a field, as far as it is known. The field reports it; where it does not, it is
/// remembered.
struct FieldMemory {
    /// Whether the field's program says that it tells.
    var tells = false
    private var told: SurroundingText?
    /// Earlier texts before the cursor, with the times of the changes. A late report of one of them is no news.
    private var outdated: [(text: SurroundingText, at: Int64)] = []
    /// Our own texts since the field got the focus, while nothing else happened; nil where something did.
    private var own: String? = ""

    /// Nanoseconds in which a report of the text before a change may still come.
    private static let delay: Int64 = 500_000_000
    private static let mostOutdated = 64

    /// The text before the cursor; nil where it is unknown.
    var before: String? {
        if tells, let told { return told.before }
        return own.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The text before a text that is written now; empty where the field reported nothing and nothing was typed.
    var preceding: String? { tells ? told?.before ?? own : own }

    /// Whether the field has told; some say that they will and never do, and those do not delete when asked to either.
    var hasTold: Bool { tells && told != nil }

    var hasSelection: Bool { tells && told?.hasSelection == true }

    /// - Returns: Whether it is news.
    mutating func tell(_ text: SurroundingText, at now: Int64) -> Bool {
        tells = true
        if told != text, outdated.contains(where: { $0.text == text && now - $0.at < Self.delay }) { return false }
        outdated = []
        told = text
        return true
    }

    mutating func insert(_ text: String, at now: Int64) {
        own? += text
        told = change(at: now) { $0.insert(text) }
    }

    mutating func deleteBefore(_ count: Int, at now: Int64) {
        own = own.flatMap { $0.codePoints >= count ? String($0.unicodeScalars.dropLast(count)) : nil }
        told = change(at: now) { if $0.hasSelection { $0.insert("") } else { $0.deleteBefore(count) } }
    }

    private mutating func change(at now: Int64, _ change: (inout SurroundingText) -> Void) -> SurroundingText? {
        guard var told else { return nil }
        outdated.append((told, now))
        if outdated.count > Self.mostOutdated { outdated.removeFirst() }
        change(&told)
        return told
    }

    /// Something happened that only the field knows.
    mutating func becomeUncertain() { own = nil }

    /// Another field.
    mutating func forget() {
        told = nil
        outdated = []
        own = ""
    }
}
