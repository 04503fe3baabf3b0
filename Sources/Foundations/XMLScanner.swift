import Foundation

/// Reads XML 1.0 as a sequence of tags and text: enough for InkML, and nothing that a hostile file could use.
///
/// There are no document types, so there are no entities but the five of the standard, and none can expand into gigabytes or
/// name other files. Memory is bounded by the document.
package struct XMLScanner {
    package enum Event: Equatable {
        /// A start tag; names without their prefix (`inkml:trace` is `trace`), but `xml:id` as it is.
        case start(name: String, attributes: [String: String])
        /// An end tag, also for `<empty/>`.
        case end(name: String)
        /// Text, references replaced; long text may come in several pieces.
        case text([UInt8])
    }

    package struct Failure: Error {
        package var reason: String
        package var line: Int

        package init(reason: String, line: Int) {
            self.reason = reason
            self.line = line
        }
    }

    private let bytes: [UInt8]
    /// Bytes read so far.
    package private(set) var position = 0
    /// Names of the open elements as written.
    private var open: [String] = []
    /// The end of an empty element, to be reported next.
    private var pendingEnd: String?
    private var hasRoot = false

    private static let deepest = 64
    private static let mostAttributes = 64

    /// Begins at the start of a document in UTF-8, UTF-16 (with byte order mark) or, if declared so, ISO 8859-1.
    package init(_ data: Data) {
        let head = String(decoding: data.prefix(200), as: UTF8.self).lowercased()
        if data.starts(with: [0xff, 0xfe]) || data.starts(with: [0xfe, 0xff]) {
            bytes = Array((String(data: data, encoding: .utf16) ?? "").utf8)
        } else if head.contains("iso-8859-1") || head.contains("windows-1252") {
            bytes = Array((String(data: data, encoding: .windowsCP1252) ?? "").utf8)
        } else {
            bytes = Array(data.starts(with: [0xef, 0xbb, 0xbf]) ? data.dropFirst(3) : data)
        }
    }

    /// The line, counted from 1, of a place in the document. Counts from the start: for messages only.
    package func line(at position: Int) -> Int {
        1 + bytes[..<min(position, bytes.count)].count { $0 == 0x0a }
    }

    package func failure(_ reason: String) -> Failure {
        Failure(reason: reason, line: line(at: position))
    }

    /// The next tag or text; nil at the end of the document.
    package mutating func next() throws -> Event? {
        if let name = pendingEnd {
            pendingEnd = nil
            return .end(name: name)
        }
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else {
                let text = try text()
                if !open.isEmpty { return .text(text) }
                guard text.allSatisfy(Self.isSpace) else { throw failure("text outside the root element") }
                continue
            }
            if starts(with: "<!--") {
                try skip(past: "-->", "a comment")
            } else if starts(with: "<?") {
                try skip(past: "?>", "a processing instruction")
            } else if starts(with: "<![CDATA[") {
                position += 9
                let first = position
                try skip(past: "]]>", "a CDATA section")
                return .text(Array(bytes[first..<position - 3]))
            } else if starts(with: "<!") {
                try skipDocumentType()
            } else if starts(with: "</") {
                return try endTag()
            } else {
                return try startTag()
            }
        }
        guard open.isEmpty else { throw failure("the document ends inside <\(open[open.count - 1])>") }
        guard hasRoot else { throw failure("there is no element") }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
    }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            bytes.count - position >= text.count && bytes[position..<position + text.count].elementsEqual(text)
        }
    }

    private mutating func skip(past end: StaticString, _ what: String) throws {
        while position < bytes.count {
            if starts(with: end) {
                position += end.utf8CodeUnitCount
                return
            }
            position += 1
        }
        throw failure("\(what) has no end")
    }

    private mutating func skipDocumentType() throws {
        while position < bytes.count, bytes[position] != UInt8(ascii: ">") {
            if bytes[position] == UInt8(ascii: "[") {
                throw failure("a document type that declares entities is refused")
            }
            position += 1
        }
        guard position < bytes.count else { throw failure("a declaration has no end") }
        position += 1
    }

    private mutating func text() throws -> [UInt8] {
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            if bytes[position] == UInt8(ascii: "&") {
                try appendReference(to: &text)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        return text
    }

    private mutating func appendReference(to text: inout [UInt8]) throws {
        guard let end = bytes[position..<min(position + 12, bytes.count)].firstIndex(of: UInt8(ascii: ";")) else {
            throw failure("'&' begins no reference; write &amp;")
        }
        let name = String(decoding: bytes[position + 1..<end], as: UTF8.self)
        switch name {
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "amp": text.append(UInt8(ascii: "&"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let code = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
            guard name.hasPrefix("#"), let code, let scalar = UnicodeScalar(code), code != 0 else {
                throw failure("unknown reference &\(name);")
            }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        }
        position = end + 1
    }

    private mutating func name() throws -> String {
        let first = position
        while position < bytes.count, !Self.isSpace(bytes[position]), !">/=<\"'".utf8.contains(bytes[position]) {
            position += 1
        }
        guard position > first, position - first <= 256,
            let name = String(validating: bytes[first..<position], as: UTF8.self)
        else { throw failure("expected a name") }
        return name
    }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    private static func local(_ name: String) -> String {
        guard !name.hasPrefix("xml:"), let colon = name.lastIndex(of: ":") else { return name }
        return String(name[name.index(after: colon)...])
    }

    private mutating func endTag() throws -> Event {
        position += 2
        let name = try name()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ">") else {
            throw failure("</\(name) has no '>'")
        }
        position += 1
        guard open.last == name else {
            throw failure("</\(name)> where " + (open.last.map { "</\($0)> is due" } ?? "nothing is open"))
        }
        open.removeLast()
        return .end(name: Self.local(name))
    }

    private mutating func startTag() throws -> Event {
        position += 1
        let name = try name()
        guard open.count < Self.deepest else { throw failure("elements are nested too deeply") }
        guard !open.isEmpty || !hasRoot else { throw failure("a second root element <\(name)>") }
        hasRoot = true
        var attributes: [String: String] = [:]
        while true {
            skipSpace()
            guard position < bytes.count else { throw failure("<\(name) has no '>'") }
            if bytes[position] == UInt8(ascii: ">") {
                position += 1
                open.append(name)
                break
            }
            if starts(with: "/>") {
                position += 2
                pendingEnd = Self.local(name)
                break
            }
            guard attributes.count < Self.mostAttributes else { throw failure("<\(name)> has too many attributes") }
            let (key, value) = try attribute()
            attributes[Self.local(key)] = value
        }
        return .start(name: Self.local(name), attributes: attributes)
    }

    private mutating func attribute() throws -> (String, String) {
        let key = try name()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { throw failure("\(key) has no value") }
        position += 1
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
        else {
            throw failure("the value of \(key) is not quoted")
        }
        let quote = bytes[position]
        position += 1
        var value: [UInt8] = []
        while position < bytes.count, bytes[position] != quote {
            if bytes[position] == UInt8(ascii: "&") {
                try appendReference(to: &value)
            } else {
                guard bytes[position] != UInt8(ascii: "<") else { throw failure("'<' in the value of \(key)") }
                value.append(bytes[position])
                position += 1
            }
        }
        guard position < bytes.count else { throw failure("the value of \(key) has no end") }
        position += 1
        guard let text = String(validating: value, as: UTF8.self) else { throw failure("\(key) is not UTF-8") }
        return (key, text)
    }
}
