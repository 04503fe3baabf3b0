/// Writes what blobs are made of: numbers of variable length, floating-point numbers to the last bit, names.
struct ByteWriter {
    private(set) var bytes: [UInt8]

    init(version: UInt8, capacity: Int) {
        bytes = [version]
        bytes.reserveCapacity(capacity)
    }

    mutating func put(_ byte: UInt8) { bytes.append(byte) }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    mutating func put(number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Little-endian.
    mutating func put(_ bits: some FixedWidthInteger) {
        withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ number: Float) { put(number.bitPattern) }
    mutating func put(_ number: Double) { put(number.bitPattern) }

    /// Its length in bytes, then UTF-8.
    mutating func put(_ text: String) {
        put(number: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}

/// Reads what `ByteWriter` wrote; nil where the bytes are others or end too early.
struct ByteReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }
    /// Bytes that are left.
    var rest: Int { bytes.count - place }

    mutating func byte() -> UInt8? {
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        return bytes[place]
    }

    mutating func number() -> UInt64? {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let next = byte() else { return nil }
            result |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return result }
        }
        return nil
    }

    mutating func float() -> Float? { bits(UInt32.self).map(Float.init(bitPattern:)) }
    mutating func double() -> Double? { bits(UInt64.self).map(Double.init(bitPattern:)) }

    mutating func text() -> String? {
        guard let length = number(), length <= rest else { return nil }
        defer { place += Int(length) }
        return String(validating: bytes[place..<place + Int(length)], as: UTF8.self)
    }

    private mutating func bits<Bits: FixedWidthInteger>(_: Bits.Type) -> Bits? {
        let width = Bits.bitWidth / 8
        guard width <= rest else { return nil }
        defer { place += width }
        return (0..<width).reduce(0) { $0 | Bits(bytes[place + $1]) << Bits(8 * $1) }
    }
}
