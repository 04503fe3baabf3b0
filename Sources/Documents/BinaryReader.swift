/// Reads little-endian numbers from bytes, and notices the end.
struct BinaryReader {
    /// The bytes end too early, or say something impossible; `position` counts from the start.
    struct Failure: Error {
        var reason: String
        var position: Int
    }

    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    var remaining: Int { bytes.endIndex - position }

    func failure(_ reason: String) -> Failure { Failure(reason: reason, position: position) }

    mutating func bytes(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw failure("the data ends too early") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func skip(_ count: Int) throws { _ = try bytes(count) }

    mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(_: Value.Type = Value.self) throws -> Value {
        try bytes(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value($1) }
    }

    mutating func float() throws -> Float { Float(bitPattern: try integer(UInt32.self)) }
    mutating func double() throws -> Double { Double(bitPattern: try integer(UInt64.self)) }

    /// Seven bits a byte, lowest first, the highest bit set in all but the last (LEB128).
    mutating func variableInteger() throws -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<10 {
            let byte = try integer(UInt8.self)
            value |= UInt64(byte & 0x7f) << UInt64(7 * index)
            if byte & 0x80 == 0 { return value }
        }
        throw failure("a number has no end")
    }

    /// A length that fits into what is left.
    mutating func length() throws -> Int {
        let length = try variableInteger()
        guard length <= UInt64(remaining) else { throw failure("a part is longer than the data") }
        return Int(length)
    }
}
