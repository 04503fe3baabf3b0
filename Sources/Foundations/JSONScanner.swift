/// Reads JSON (RFC 8259) from bytes without building a tree: the caller asks for what it expects next.
///
/// Made for long arrays of numbers: a data set is read at the speed at which it is uncompressed. Besides the standard it takes
/// `NaN` and `Infinity`, which Python writes, for values that are not numbers.
package struct JSONScanner {
    /// A fault of the text, and its place.
    package struct Failure: Error {
        package var reason: String
        /// Bytes into the text.
        package var position: Int
    }

    private let bytes: UnsafeRawBufferPointer
    package private(set) var position = 0
    /// Deeper nesting is refused, not followed.
    private static let deepest = 64

    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    package func failure(_ reason: String) -> Failure {
        Failure(reason: reason, position: position)
    }

    /// The next byte that is not white space, not consumed; nil at the end.
    @inline(__always)
    package mutating func peek() -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d else { return byte }
            position += 1
        }
        return nil
    }

    /// Consumes `byte` if it is next.
    @inline(__always)
    package mutating func consume(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    package mutating func expect(_ byte: UInt8) throws {
        guard consume(byte) else {
            let found = position < bytes.count ? "'\(Character(UnicodeScalar(bytes[position])))'" : "the end"
            throw failure("expected '\(Character(UnicodeScalar(byte)))', found \(found)")
        }
    }

    /// Nothing but white space may follow.
    package mutating func expectEnd() throws {
        guard peek() == nil else { throw failure("something follows the object") }
    }

    /// Calls `body` at the value of each member of the object that is next.
    package mutating func object(_ body: (inout JSONScanner, String) throws -> Void) throws {
        try expect(UInt8(ascii: "{"))
        if consume(UInt8(ascii: "}")) { return }
        repeat {
            let key = try string()
            try expect(UInt8(ascii: ":"))
            try body(&self, key)
        } while consume(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    /// Calls `body` at each element of the array that is next.
    package mutating func array(_ body: (inout JSONScanner) throws -> Void) throws {
        try expect(UInt8(ascii: "["))
        if consume(UInt8(ascii: "]")) { return }
        repeat { try body(&self) } while consume(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    /// Appends the array of numbers that is next, NaN for `null` and for values beyond all bounds.
    package mutating func numbers(into values: inout [Double], atMost limit: Int) throws {
        try expect(UInt8(ascii: "["))
        if consume(UInt8(ascii: "]")) { return }
        repeat {
            guard values.count < limit else { throw failure("more than \(limit) samples") }
            values.append(try number())
        } while consume(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    /// A number; NaN for `null` and for `NaN`, `Infinity`, `-Infinity`.
    package mutating func number() throws -> Double {
        guard peek() != nil else { throw failure("the line ends where a number is expected") }
        if let value = DecimalNumber.read(bytes, at: &position) { return value }
        for text: StaticString in ["null", "NaN", "Infinity", "-Infinity"] where matches(text) {
            position += text.utf8CodeUnitCount
            return .nan
        }
        throw failure("expected a number")
    }

    private func matches(_ text: StaticString) -> Bool {
        guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            bytes[position..<position + text.count].elementsEqual(text)
        }
    }

    /// A string, or nil for `null`.
    package mutating func optionalString() throws -> String? {
        if peek() == UInt8(ascii: "n"), matches("null") {
            position += 4
            return nil
        }
        return try string()
    }

    /// A string.
    package mutating func string() throws -> String {
        try expect(UInt8(ascii: "\""))
        let first = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
            position += 1
        }
        guard position < bytes.count else { throw failure("a string has no end") }
        var decoded = Array(bytes[first..<position])
        while bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                position += 1
                try appendEscaped(to: &decoded)
            } else {
                decoded.append(bytes[position])
                position += 1
            }
            guard position < bytes.count else { throw failure("a string has no end") }
        }
        position += 1
        guard let text = String(validating: decoded, as: UTF8.self) else { throw failure("a string is not UTF-8") }
        return text
    }

    private mutating func appendEscaped(to decoded: inout [UInt8]) throws {
        guard position < bytes.count else { throw failure("a string has no end") }
        let escape = bytes[position]
        position += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(escape)
        case UInt8(ascii: "n"): decoded.append(0x0a)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "r"): decoded.append(0x0d)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0c)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xfc00 == 0xd800 {
                guard matches("\\u") else { throw failure("half a surrogate pair") }
                position += 2
                let low = try hexadecimal()
                guard low & 0xfc00 == 0xdc00 else { throw failure("half a surrogate pair") }
                code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff)
            }
            guard let scalar = UnicodeScalar(code) else { throw failure("half a surrogate pair") }
            decoded.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw failure("unknown escape in a string")
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let value = Character(UnicodeScalar(bytes[position])).hexDigitValue else {
                throw failure("\\u needs four hexadecimal digits")
            }
            code = code << 4 | UInt32(value)
            position += 1
        }
        return code
    }

    /// Steps over a value of any kind.
    package mutating func skip(depth: Int = 0) throws {
        guard depth < Self.deepest else { throw failure("nested too deeply") }
        switch peek() {
        case UInt8(ascii: "{"): try object { scanner, _ in try scanner.skip(depth: depth + 1) }
        case UInt8(ascii: "["): try array { try $0.skip(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t") where matches("true"): position += 4
        case UInt8(ascii: "f") where matches("false"): position += 5
        default: _ = try number()
        }
    }
}
