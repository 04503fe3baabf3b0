/// A value of a PDF file (ISO 32000-1, section 7.3).
indirect enum PDFObject {
    case null
    case boolean(Bool)
    case number(Double)
    case string([UInt8])
    case name(String)
    case array([PDFObject])
    case dictionary([String: PDFObject])
    case reference(Int, generation: Int)
    /// The dictionary, and where the data is in the file.
    case stream([String: PDFObject], Range<Int>)

    var number: Double? { if case .number(let value) = self { value } else { nil } }
    var name: String? { if case .name(let name) = self { name } else { nil } }
    var array: [PDFObject]? { if case .array(let array) = self { array } else { nil } }

    var dictionary: [String: PDFObject]? {
        switch self {
        case .dictionary(let dictionary), .stream(let dictionary, _): dictionary
        default: nil
        }
    }

    /// The object as it is written in a file, but for streams.
    var text: String {
        switch self {
        case .null: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .number(let value): return PDFObject.text(value)
        case .string(let bytes):
            return "<" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + ">"
        case .name(let name):
            let escaped = name.utf8.map { byte in
                (0x21...0x7e).contains(byte) && !"#()<>[]{}/%".utf8.contains(byte)
                    ? String(UnicodeScalar(byte)) : "#" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            return "/" + escaped.joined()
        case .array(let array): return "[" + array.map(\.text).joined(separator: " ") + "]"
        case .dictionary(let dictionary), .stream(let dictionary, _):
            let members = dictionary.sorted { $0.key < $1.key }.map {
                PDFObject.name($0.key).text + " " + $0.value.text
            }
            return "<<" + members.joined(separator: " ") + ">>"
        case .reference(let number, let generation): return "\(number) \(generation) R"
        }
    }

    /// A number with at most three decimals.
    static func text(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "0" }
        let thousandths = Int((value * 1000).rounded())
        let (whole, rest) = (abs(thousandths) / 1000, abs(thousandths) % 1000)
        let sign = thousandths < 0 ? "-" : ""
        guard rest > 0 else { return "\(sign)\(whole)" }
        var digits = String(rest)
        digits = String(repeating: "0", count: 3 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(sign)\(whole).\(digits)"
    }
}

/// Reads PDF values from bytes.
struct PDFLexer {
    let bytes: [UInt8]
    var position: Int
    private static let deepest = 64

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte <= 0x20 && [0, 9, 10, 12, 13, 32].contains(byte) }
    private static func isDelimiter(_ byte: UInt8) -> Bool { "()<>[]{}/%".utf8.contains(byte) }

    mutating func skipSpace() {
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "%") {
                while position < bytes.count, bytes[position] != 10, bytes[position] != 13 { position += 1 }
            } else if Self.isSpace(bytes[position]) {
                position += 1
            } else {
                return
            }
        }
    }

    func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            bytes.count - position >= text.count && bytes[position..<position + text.count].elementsEqual(text)
        }
    }

    /// A whole number without sign; nil, and `position` unmoved, if none is next.
    mutating func integer() -> Int? {
        var at = position
        var value = 0
        while at < bytes.count, bytes[at] &- 0x30 < 10, at - position < 15 {
            value = 10 * value + Int(bytes[at] - 0x30)
            at += 1
        }
        guard at > position, at >= bytes.count || Self.isSpace(bytes[at]) || Self.isDelimiter(bytes[at]) else {
            return nil
        }
        position = at
        return value
    }

    /// The value that is next; nil where there is none.
    mutating func object(depth: Int = 0) -> PDFObject? {
        skipSpace()
        guard position < bytes.count, depth < Self.deepest else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "/"): return .name(name())
        case UInt8(ascii: "("): return .string(literal())
        case UInt8(ascii: "["):
            position += 1
            var array: [PDFObject] = []
            while true {
                skipSpace()
                guard position < bytes.count else { return nil }
                if bytes[position] == UInt8(ascii: "]") {
                    position += 1
                    return .array(array)
                }
                guard let element = object(depth: depth + 1) else { return nil }
                array.append(element)
            }
        case UInt8(ascii: "<"):
            if starts(with: "<<") { return dictionary(depth) }
            return hexadecimal()
        default: return word()
        }
    }

    private mutating func dictionary(_ depth: Int) -> PDFObject? {
        position += 2
        var members: [String: PDFObject] = [:]
        while true {
            skipSpace()
            guard position < bytes.count else { return nil }
            if starts(with: ">>") {
                position += 2
                return .dictionary(members)
            }
            guard bytes[position] == UInt8(ascii: "/") else { return nil }
            let key = name()
            guard let value = object(depth: depth + 1) else { return nil }
            members[key] = value
        }
    }

    private mutating func word() -> PDFObject? {
        let start = position
        if let number = integer() {
            // Two whole numbers and an R are a reference.
            var ahead = self
            ahead.skipSpace()
            if let generation = ahead.integer() {
                ahead.skipSpace()
                if ahead.position < bytes.count, bytes[ahead.position] == UInt8(ascii: "R") {
                    position = ahead.position + 1
                    return .reference(number, generation: generation)
                }
            }
            return .number(Double(number))
        }
        while position < bytes.count, !Self.isSpace(bytes[position]), !Self.isDelimiter(bytes[position]) {
            position += 1
        }
        switch String(decoding: bytes[start..<position], as: UTF8.self) {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        case let text:
            guard let value = Double(text) else {
                position = start
                return nil
            }
            return .number(value)
        }
    }

    private mutating func name() -> String {
        position += 1
        var name: [UInt8] = []
        while position < bytes.count, !Self.isSpace(bytes[position]), !Self.isDelimiter(bytes[position]) {
            if bytes[position] == UInt8(ascii: "#"), position + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[position + 1...position + 2], as: UTF8.self), radix: 16)
            {
                name.append(value)
                position += 3
            } else {
                name.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// `(text)`: of no interest here beyond its end, but kept as it is.
    private mutating func literal() -> [UInt8] {
        var depth = 0
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\\"), position < bytes.count {
                let (value, length) = escape(at: position)
                text += value
                position += length
                continue
            }
            if byte == UInt8(ascii: "(") {
                depth += 1
                if depth == 1 { continue }
            } else if byte == UInt8(ascii: ")") {
                depth -= 1
                if depth == 0 { break }
            }
            text.append(byte)
        }
        return text
    }

    private func escape(at index: Int) -> ([UInt8], Int) {
        switch bytes[index] {
        case UInt8(ascii: "n"): return ([10], 1)
        case UInt8(ascii: "r"): return ([13], 1)
        case UInt8(ascii: "t"): return ([9], 1)
        case UInt8(ascii: "b"): return ([8], 1)
        case UInt8(ascii: "f"): return ([12], 1)
        case 0x30...0x37:
            let digits = bytes[index..<min(index + 3, bytes.count)].prefix { (0x30...0x37).contains($0) }
            return ([UInt8(truncatingIfNeeded: digits.reduce(0) { $0 * 8 + Int($1 - 0x30) })], digits.count)
        case 10: return ([], 1)
        case 13: return ([], index + 1 < bytes.count && bytes[index + 1] == 10 ? 2 : 1)
        default: return ([bytes[index]], 1)
        }
    }

    private mutating func hexadecimal() -> PDFObject {
        position += 1
        var digits: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: ">") {
            if let digit = Character(UnicodeScalar(bytes[position])).hexDigitValue { digits.append(UInt8(digit)) }
            position += 1
        }
        position += 1
        if digits.count % 2 == 1 { digits.append(0) }
        return .string(stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}
