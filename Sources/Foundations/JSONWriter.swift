/// Writes JSON as text, member by member, without a tree.
package struct JSONWriter: Sendable {
    package private(set) var text = ""
    private var isFirst = true

    package init() {}

    package mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows { try enclosed("{", "}", body) }
    package mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows { try enclosed("[", "]", body) }

    private mutating func enclosed(
        _ opening: Character, _ closing: Character, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        separate()
        text.append(opening)
        isFirst = true
        try body(&self)
        text.append(closing)
        isFirst = false
    }

    /// The name of the next value of an object.
    package mutating func name(_ name: String) {
        separate()
        quote(name)
        text.append(":")
        isFirst = true
    }

    package mutating func value(_ value: String) {
        separate()
        quote(value)
    }

    package mutating func value(_ value: Int) {
        separate()
        text += String(value)
    }

    package mutating func value(_ value: Bool) {
        separate()
        text += value ? "true" : "false"
    }

    /// A number with the digits that it needs; JSON has no other than finite ones, so others become `null`.
    package mutating func value(_ value: Float) {
        separate()
        text += NumberText.of(value) ?? "null"
    }

    /// Text that is JSON already.
    package mutating func raw(_ json: String) {
        separate()
        text += json
    }

    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: String, _ value: Float) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        self.value(value)
    }

    private mutating func separate() {
        if !isFirst { text.append(",") }
        isFirst = false
    }

    private mutating func quote(_ string: String) { JSONText.append(string, to: &text) }
}
