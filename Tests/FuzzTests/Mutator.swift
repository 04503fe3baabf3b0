import DuctusRandomness

/// Changes valid input in small ways that know the format: for tests that no input makes a decoder crash.
///
/// Guarantee: the same seed, number and inputs give the same bytes, whatever came before.
struct Mutator {
    enum Format: Sendable {
        /// Lines and words; `tokens` are pieces of the format that are put in where they do not belong.
        case text(tokens: [String])
        /// Numbers at fixed places.
        case binary
        /// Protocol Buffers: fields are changed as fields, with their lengths kept right, mostly.
        case message
    }

    private let format: Format
    private let seed: UInt64
    private var random: SplitMix64

    init(_ format: Format, seed: UInt64) {
        self.format = format
        self.seed = seed
        random = SplitMix64(seed: seed)
    }

    /// Input `number`: one of `seeds` with one to four changes, now and then with the end of another.
    mutating func input(_ number: Int, of seeds: [[UInt8]]) -> [UInt8] {
        random = SplitMix64(seed: seed).split(number)
        var bytes = seeds[index(seeds.count)]
        // Now and then as it is: what is right must be read, too.
        if index(32) == 0 { return bytes }
        if index(16) == 0 {
            let other = seeds[index(seeds.count)]
            bytes = Array(bytes.prefix(index(bytes.count + 1)) + other.suffix(index(other.count + 1)))
        }
        for _ in 0...index(4) {
            if index(4) == 0 {
                changeBytes(&bytes)
                continue
            }
            switch format {
            case .text(let tokens): changeText(&bytes, tokens)
            case .binary: changeNumber(&bytes)
            case .message: bytes = changedMessage(bytes, depth: 0)
            }
        }
        return bytes
    }

    private mutating func index(_ count: Int) -> Int { count == 0 ? 0 : Int(random.next() % UInt64(count)) }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[index(elements.count)] }

    // MARK: Bytes

    private mutating func changeBytes(_ bytes: inout [UInt8]) {
        let place = index(bytes.count)
        switch index(6) {
        case 0 where !bytes.isEmpty: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(index(8))
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + index(20)))
        case 3: bytes.insert(contentsOf: Array(bytes[place..<min(bytes.count, place + index(40))]), at: place)
        case 4 where index(4) == 0: bytes = Array(bytes.prefix(place))
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        }
    }

    /// Numbers at which something overflows, or changes its sign, or is no number at all.
    private static let telling: [UInt64] = [
        0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7f80_0000,
        0x7fc0_0000, 0x7ff0 << 48,
        0x7ff8 << 48, .max >> 1, 1 << 63, .max, .max - 1,
    ]

    private mutating func changeNumber(_ bytes: inout [UInt8]) {
        let width = pick([1, 2, 4, 4, 8])
        guard bytes.count >= width else { return changeBytes(&bytes) }
        let place = index(2) == 0 ? index(bytes.count / width) * width : index(bytes.count - width + 1)
        let value = index(3) == 0 ? random.next() : pick(Self.telling)
        for byte in 0..<width { bytes[place + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
    }

    // MARK: Text

    private static let numbers = [
        "0", "-0", "1", "-1", "1e999", "-1e999", "1e-999", "nan", "inf", "NaN", "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551616", "340282350000000000000000000000000000000", "0x10", "1_000", "1.5.5", "+", "", "٣",
        "4294967296", "65536",
    ].map { Array($0.utf8) }

    private mutating func changeText(_ bytes: inout [UInt8], _ tokens: [String]) {
        switch index(6) {
        case 0: changeLine(&bytes)
        case 1, 2:
            guard let number = wordAround(index(bytes.count), in: bytes, where: Self.isOfNumber) else {
                return changeLine(&bytes)
            }
            bytes.replaceSubrange(number, with: pick(Self.numbers))
        case 3:
            guard let word = wordAround(index(bytes.count), in: bytes, where: Self.isOfWord) else {
                return changeLine(&bytes)
            }
            bytes.replaceSubrange(word, with: Array(pick(tokens).utf8))
        default: bytes.insert(contentsOf: Array(pick(tokens).utf8), at: index(bytes.count + 1))
        }
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || [0x2b, 0x2d, 0x2e].contains(byte)
    }
    private static func isOfWord(_ byte: UInt8) -> Bool {
        byte > 0x2f && byte != 0x3a && byte != 0x3c && byte != 0x3e || byte == 0x2d
    }

    /// The first word at or behind a place.
    private func wordAround(_ place: Int, in bytes: [UInt8], where isOfIt: (UInt8) -> Bool) -> Range<Int>? {
        guard let first = bytes.indices[place...].first(where: { isOfIt(bytes[$0]) }) else { return nil }
        let start = bytes[..<first].lastIndex { !isOfIt($0) }.map { $0 + 1 } ?? 0
        return start..<(bytes[first...].firstIndex { !isOfIt($0) } ?? bytes.count)
    }

    /// Takes a line out, repeats it, or moves it.
    private mutating func changeLine(_ bytes: inout [UInt8]) {
        let place = index(bytes.count)
        let start = bytes[..<place].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        let line = start..<(bytes[place...].firstIndex(of: 0x0a).map { $0 + 1 } ?? bytes.count)
        let text = Array(bytes[line])
        switch index(3) {
        case 0: bytes.removeSubrange(line)
        case 1: bytes.insert(contentsOf: text, at: start)
        default:
            bytes.removeSubrange(line)
            let target = bytes[..<index(bytes.count + 1)].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            bytes.insert(contentsOf: text, at: target)
        }
    }

    // MARK: Messages

    private struct Field {
        var number: UInt64
        /// 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
        var kind: UInt64
        var value: UInt64
        var bytes: [UInt8]
    }

    private mutating func changedMessage(_ bytes: [UInt8], depth: Int) -> [UInt8] {
        guard depth < 6, var fields = Self.fields(bytes), !fields.isEmpty else {
            var bytes = bytes
            if index(2) == 0 { changeNumber(&bytes) } else { changeBytes(&bytes) }
            return bytes
        }
        let place = index(fields.count)
        switch index(12) {
        case 0: fields.remove(at: place)
        case 1: fields.insert(fields[place], at: index(fields.count + 1))
        case 2: fields.swapAt(place, index(fields.count))
        case 3: fields[place].number = UInt64(1 + index(20))
        case 4: fields[place].kind = pick([0, 1, 2, 5])
        default:
            if fields[place].kind == 2 {
                fields[place].bytes = changedMessage(fields[place].bytes, depth: depth + 1)
            } else {
                fields[place].value = index(3) == 0 ? random.next() : pick(Self.telling)
            }
        }
        var changed: [UInt8] = []
        for field in fields { append(field, to: &changed) }
        return changed
    }

    private mutating func append(_ field: Field, to bytes: inout [UInt8]) {
        Self.append(field.number << 3 | field.kind, to: &bytes)
        switch field.kind {
        case 0: Self.append(field.value, to: &bytes)
        case 1: bytes += (0..<8).map { UInt8(truncatingIfNeeded: field.value >> (8 * $0)) }
        case 5: bytes += (0..<4).map { UInt8(truncatingIfNeeded: field.value >> (8 * $0)) }
        default:
            Self.append(index(64) == 0 ? pick(Self.telling) : UInt64(field.bytes.count), to: &bytes)
            bytes += field.bytes
        }
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    /// Nil for bytes that are no message.
    private static func fields(_ bytes: [UInt8]) -> [Field]? {
        var (fields, place) = ([Field](), 0)
        func varint() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard place < bytes.count else { return nil }
                let byte = bytes[place]
                place += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }
        while place < bytes.count {
            guard let tag = varint(), tag >> 3 > 0 else { return nil }
            var field = Field(number: tag >> 3, kind: tag & 7, value: 0, bytes: [])
            switch field.kind {
            case 0:
                guard let value = varint() else { return nil }
                field.value = value
            case 1, 5:
                let width = field.kind == 1 ? 8 : 4
                guard bytes.count - place >= width else { return nil }
                for byte in 0..<width { field.value |= UInt64(bytes[place + byte]) << UInt64(8 * byte) }
                place += width
            case 2:
                guard let count = varint(), count <= UInt64(bytes.count - place) else { return nil }
                field.bytes = Array(bytes[place..<place + Int(count)])
                place += Int(count)
            default: return nil
            }
            fields.append(field)
        }
        return fields
    }
}
