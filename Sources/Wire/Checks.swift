import DuctusStreaming

/// The checks that several messages share. A fault names the field.
enum Checks {
    static func column(_ name: String, _ count: Int, expected: Int) throws(WireFault) {
        guard count == 0 || count == expected else { throw .column(name, count: count, expected: expected) }
    }

    static func count(_ name: String, _ count: Int, limit: Int) throws(WireFault) {
        guard count <= limit else { throw .tooMany(name, count: count, limit: limit) }
    }

    /// Nil for an empty text.
    static func text(_ name: String, _ text: String, limit: Int = WireLimits.name) throws(WireFault) -> String? {
        guard text.utf8.count <= limit else { throw .tooLong(name, bytes: text.utf8.count, limit: limit) }
        return text.isEmpty ? nil : text
    }

    /// Nil for an empty text. Writers have names like streams, so that they fit a file name.
    static func writer(_ text: String) throws(WireFault) -> String? {
        if text.isEmpty { return nil }
        guard let name = StreamName(text) else { throw .outOfRange("writer") }
        return name.text
    }

    static func range(_ name: String, _ first: some BinaryInteger, _ end: some BinaryInteger) throws(WireFault)
        -> Range<Int>
    {
        guard let first = Int(exactly: first), let end = Int(exactly: end), first <= end else {
            throw .outOfRange(name)
        }
        return first..<end
    }

    static func time(
        _ has: Bool, _ start: Int64, _ end: Int64
    ) throws(WireFault) -> ClosedRange<Int64>? {
        guard has else { return nil }
        guard start <= end else { throw .outOfRange("time") }
        return start...end
    }
}
