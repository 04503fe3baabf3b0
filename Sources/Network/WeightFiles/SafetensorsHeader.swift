/// The JSON header of a safetensors file, read by a scanner of its own.
///
/// A general JSON reader would keep one of two equal names, accept numbers that are no offsets and nest without bound;
/// a hostile header is refused here at the byte where it goes wrong. Memory stays within a small multiple of the
/// header's length.
struct SafetensorsHeader {
    struct Entry {
        var name: String
        var type: String
        var shape: [Int]
        var begin: Int
        var end: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var metadata: [String: String] = [:]

    init(parsing bytes: UnsafeRawBufferPointer) throws(SafetensorsError) {
        var scanner = HeaderScanner(bytes: bytes)
        var names: Set<String> = []
        try scanner.object { (scanner, name) throws(SafetensorsError) in
            guard names.insert(name).inserted else { throw .duplicateName(name) }
            if name == "__metadata__" {
                metadata = try Self.metadata(&scanner)
            } else {
                entries.append(try Self.entry(name, &scanner))
            }
        }
        try scanner.finish()
    }

    private static func metadata(_ scanner: inout HeaderScanner) throws(SafetensorsError) -> [String: String] {
        var metadata: [String: String] = [:]
        try scanner.object { (scanner, key) throws(SafetensorsError) in
            guard metadata.updateValue(try scanner.string(), forKey: key) == nil else { throw .duplicateName(key) }
        }
        return metadata
    }

    private static func entry(_ name: String, _ scanner: inout HeaderScanner) throws(SafetensorsError) -> Entry {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { (scanner, field) throws(SafetensorsError) in
            switch field {
            case "dtype" where type == nil: type = try scanner.string()
            case "shape" where shape == nil: shape = try scanner.integers(atMost: 8)
            case "data_offsets" where offsets == nil: offsets = try scanner.integers(atMost: 2)
            case "dtype", "shape", "data_offsets": throw .duplicateName("\(name).\(field)")
            default: throw .unknownField(tensor: name, field: field)
            }
        }
        guard let type else { throw .missingField(tensor: name, field: "dtype") }
        guard let shape else { throw .missingField(tensor: name, field: "shape") }
        guard let offsets, offsets.count == 2 else { throw .missingField(tensor: name, field: "data_offsets") }
        return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
    }
}

/// Reads the few forms of JSON that a safetensors header has: objects, strings, lists of non-negative integers.
private struct HeaderScanner {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    func fault(_ reason: String) -> SafetensorsError {
        .malformedHeader(byte: position, reason: reason)
    }

    /// The next byte that is no white space, left unread.
    mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return bytes[position]
            }
        }
        return nil
    }

    mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsError) {
        guard peek() == UInt8(ascii: character) else { throw fault("expected \(character)") }
        position += 1
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func object(
        _ member: (inout HeaderScanner, String) throws(SafetensorsError) -> Void
    ) throws(SafetensorsError) {
        try expect("{")
        if skip("}") { return }
        repeat {
            let name = try string()
            try expect(":")
            try member(&self, name)
        } while skip(",")
        try expect("}")
    }

    mutating func integers(atMost limit: Int) throws(SafetensorsError) -> [Int] {
        try expect("[")
        if skip("]") { return [] }
        var values: [Int] = []
        repeat {
            guard values.count < limit else { throw fault("more than \(limit) numbers in a list") }
            values.append(try integer())
        } while skip(",")
        try expect("]")
        return values
    }

    mutating func integer() throws(SafetensorsError) -> Int {
        var value = 0
        var digits = 0
        while let byte = digits == 0 ? peek() : position < bytes.count ? bytes[position] : nil,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw fault("a number is too large") }
            value = sum
            digits += 1
            position += 1
        }
        guard digits > 0 else { throw fault("expected a non-negative integer") }
        return value
    }

    mutating func string() throws(SafetensorsError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw fault("text is not UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                text.append(contentsOf: String(try escaped()).utf8)
            case 0..<0x20:
                throw fault("a control character in a string")
            default:
                text.append(byte)
            }
        }
        throw fault("a string does not end")
    }

    private mutating func escaped() throws(SafetensorsError) -> Unicode.Scalar {
        guard position < bytes.count else { throw fault("a string does not end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(SafetensorsError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A surrogate: only a high one followed by a low one names a character.
        guard first < 0xdc00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw fault("a lone surrogate") }
        position += 2
        let second = try hexadecimal()
        guard (0xdc00..<0xe000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
        else { throw fault("a lone surrogate") }
        return scalar
    }

    private mutating func hexadecimal() throws(SafetensorsError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw fault("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    mutating func finish() throws(SafetensorsError) {
        guard peek() == nil else { throw fault("something follows the header's object") }
    }
}
