/// A QR code (ISO/IEC 18004): model 2, bytes, error correction M, versions 1 to 10.
public struct QRCode: Equatable, Sendable {
    /// Modules on a side, without the quiet zone.
    public let size: Int
    /// Dark modules, row by row.
    public private(set) var isDark: [Bool]
    private var isFunction: [Bool]

    /// Error correction codewords of a block, and how many blocks, by version.
    private static let blocks: [(correction: Int, count: Int)] = [
        (10, 1), (16, 1), (26, 1), (18, 2), (24, 2), (16, 4), (18, 4), (22, 4), (22, 5), (26, 5),
    ]

    /// Whether the module in column x of row y is dark, both counted from 0 at the upper left.
    public subscript(x: Int, y: Int) -> Bool { isDark[y * size + x] }

    /// Encodes a text; nil for more than 213 bytes.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let version = (1...10).first(where: { bytes.count <= Self.capacity($0) }) else { return nil }
        size = 17 + 4 * version
        isDark = [Bool](repeating: false, count: size * size)
        isFunction = isDark
        drawPatterns(version)
        place(Self.codewords(bytes, version))
        let unmasked = isDark
        var best: (penalty: Int, dark: [Bool])?
        for mask in 0..<8 {
            isDark = unmasked
            apply(mask)
            drawFormat(mask)
            let penalty = penalty
            if penalty < best?.penalty ?? .max { best = (penalty, isDark) }
        }
        if let best { isDark = best.dark }
    }

    // MARK: Codewords

    private static func rawCodewords(_ version: Int) -> Int {
        var modules = (16 * version + 128) * version + 64
        if version >= 2 {
            let marks = version / 7 + 2
            modules -= (25 * marks - 10) * marks - 55
            if version >= 7 { modules -= 36 }
        }
        return modules / 8
    }

    private static func dataCodewords(_ version: Int) -> Int {
        let (correction, count) = blocks[version - 1]
        return rawCodewords(version) - correction * count
    }

    private static func capacity(_ version: Int) -> Int { dataCodewords(version) - (version < 10 ? 2 : 3) }

    private static func codewords(_ bytes: [UInt8], _ version: Int) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) }
        }
        append(0b0100, 4)
        append(bytes.count, version < 10 ? 8 : 16)
        for byte in bytes { append(Int(byte), 8) }
        let data = dataCodewords(version)
        append(0, min(4, data * 8 - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var words = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        let used = words.count
        words += (used..<data).map { ($0 - used) % 2 == 0 ? 0xec : 0x11 }
        return interleaved(words, version)
    }

    /// The blocks' codewords in turn, then their corrections in turn.
    private static func interleaved(_ words: [UInt8], _ version: Int) -> [UInt8] {
        let (correction, count) = blocks[version - 1]
        let divisor = Self.divisor(correction)
        let short = words.count / count
        let longs = words.count % count
        var data: [[UInt8]] = []
        var start = 0
        for block in 0..<count {
            let length = short + (block < count - longs ? 0 : 1)
            data.append(Array(words[start..<start + length]))
            start += length
        }
        let corrections = data.map { remainder($0, divisor) }
        var all: [UInt8] = []
        for index in 0...short {
            for block in data where index < block.count { all.append(block[index]) }
        }
        for index in 0..<correction {
            for block in corrections { all.append(block[index]) }
        }
        return all
    }

    // MARK: Reed and Solomon, over GF(2⁸) with 0x11d

    private static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var product = 0
        for bit in (0..<8).reversed() {
            product = (product << 1) ^ ((product >> 7) * 0x11d)
            product ^= Int(b >> UInt8(bit) & 1) * Int(a)
        }
        return UInt8(product)
    }

    private static func divisor(_ degree: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: degree - 1) + [1]
        var root: UInt8 = 1
        for _ in 0..<degree {
            for index in 0..<degree {
                result[index] = multiply(result[index], root)
                if index + 1 < degree { result[index] ^= result[index + 1] }
            }
            root = multiply(root, 2)
        }
        return result
    }

    private static func remainder(_ data: [UInt8], _ divisor: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: divisor.count)
        for byte in data {
            let factor = byte ^ result.removeFirst()
            result.append(0)
            for index in divisor.indices { result[index] ^= multiply(divisor[index], factor) }
        }
        return result
    }

    // MARK: Modules

    private mutating func set(_ x: Int, _ y: Int, _ dark: Bool) {
        isDark[y * size + x] = dark
        isFunction[y * size + x] = true
    }

    private mutating func drawPatterns(_ version: Int) {
        for index in 0..<size {
            set(6, index, index % 2 == 0)
            set(index, 6, index % 2 == 0)
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] {
            for dy in -4...4 {
                for dx in -4...4 where (0..<size).contains(x + dx) && (0..<size).contains(y + dy) {
                    let distance = max(abs(dx), abs(dy))
                    set(x + dx, y + dy, distance != 2 && distance != 4)
                }
            }
        }
        let marks = Self.alignment(version)
        for (i, x) in marks.enumerated() {
            for (j, y) in marks.enumerated() {
                let isCorner =
                    i == 0 && j == 0 || i == 0 && j == marks.count - 1 || i == marks.count - 1 && j == 0
                guard !isCorner else { continue }
                for dy in -2...2 { for dx in -2...2 { set(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) } }
            }
        }
        drawFormat(0)
        drawVersion(version)
    }

    private static func alignment(_ version: Int) -> [Int] {
        guard version > 1 else { return [] }
        let count = version / 7 + 2
        let size = 17 + 4 * version
        let step = (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2
        return [6] + (0..<count - 1).map { size - 7 - $0 * step }.reversed()
    }

    private mutating func drawFormat(_ mask: Int) {
        // Correction M is 00.
        var rest = mask
        for _ in 0..<10 { rest = (rest << 1) ^ ((rest >> 9) * 0x537) }
        let bits = (mask << 10 | rest) ^ 0x5412
        func bit(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        for index in 0...5 { set(8, index, bit(index)) }
        set(8, 7, bit(6))
        set(8, 8, bit(7))
        set(7, 8, bit(8))
        for index in 9..<15 { set(14 - index, 8, bit(index)) }
        for index in 0..<8 { set(size - 1 - index, 8, bit(index)) }
        for index in 8..<15 { set(8, size - 15 + index, bit(index)) }
        set(8, size - 8, true)
    }

    private mutating func drawVersion(_ version: Int) {
        guard version >= 7 else { return }
        var rest = version
        for _ in 0..<12 { rest = (rest << 1) ^ ((rest >> 11) * 0x1f25) }
        let bits = version << 12 | rest
        for index in 0..<18 {
            let (a, b) = (size - 11 + index % 3, index / 3)
            set(a, b, bits >> index & 1 == 1)
            set(b, a, bits >> index & 1 == 1)
        }
    }

    /// Places the bits in columns of two from the right, up and down in turn.
    private mutating func place(_ words: [UInt8]) {
        var index = 0
        var right = size - 1
        while right >= 1 {
            if right == 6 { right = 5 }
            for step in 0..<size {
                let y = (right + 1) & 2 == 0 ? size - 1 - step : step
                for x in [right, right - 1] where !isFunction[y * size + x] && index < words.count * 8 {
                    isDark[y * size + x] = words[index >> 3] >> UInt8(7 - index & 7) & 1 == 1
                    index += 1
                }
            }
            right -= 2
        }
    }

    private mutating func apply(_ mask: Int) {
        for y in 0..<size {
            for x in 0..<size where !isFunction[y * size + x] {
                let inverts =
                    switch mask {
                    case 0: (x + y) % 2 == 0
                    case 1: y % 2 == 0
                    case 2: x % 3 == 0
                    case 3: (x + y) % 3 == 0
                    case 4: (x / 3 + y / 2) % 2 == 0
                    case 5: x * y % 2 + x * y % 3 == 0
                    case 6: (x * y % 2 + x * y % 3) % 2 == 0
                    default: ((x + y) % 2 + x * y % 3) % 2 == 0
                    }
                if inverts { isDark[y * size + x].toggle() }
            }
        }
    }

    /// The penalty of a code, which is high if it is hard to scan: long runs, blocks, patterns like the finders',
    /// imbalance.
    private var penalty: Int {
        var sum = 0
        for row in 0..<size {
            for line in [(0..<size).map { self[$0, row] }, (0..<size).map { self[row, $0] }] {
                var run = 1
                for index in 1...size {
                    if index < size, line[index] == line[index - 1] {
                        run += 1
                    } else {
                        if run >= 5 { sum += run - 2 }
                        run = 1
                    }
                }
                let finder = [true, false, true, true, true, false, true]
                for start in 0...(size - 7) where Array(line[start..<start + 7]) == finder {
                    let isClearBefore = start >= 4 && !line[(start - 4)..<start].contains(true)
                    let isClearAfter = start + 11 <= size && !line[(start + 7)..<(start + 11)].contains(true)
                    if isClearBefore || isClearAfter { sum += 40 }
                }
            }
        }
        for y in 0..<size - 1 {
            for x in 0..<size - 1
            where self[x, y] == self[x + 1, y] && self[x, y] == self[x, y + 1] && self[x, y] == self[x + 1, y + 1] {
                sum += 3
            }
        }
        let dark = isDark.count { $0 }
        return sum + abs(dark * 20 - isDark.count * 10) / isDark.count * 10
    }

    /// The code as text for a terminal of either colour scheme: two rows of modules in a line, light ones lit, with the
    /// quiet zone.
    public var terminalText: String {
        func isLit(_ x: Int, _ y: Int) -> Bool {
            guard (0..<size).contains(x), (0..<size).contains(y) else { return true }
            return !self[x, y]
        }
        return stride(from: -4, to: size + 4, by: 2).map { y in
            let row = (-4..<size + 4).map { x in
                switch (isLit(x, y), isLit(x, y + 1)) {
                case (true, true): "█"
                case (true, false): "▀"
                case (false, true): "▄"
                case (false, false): " "
                }
            }
            return "\u{1b}[97;40m" + row.joined() + "\u{1b}[0m"
        }.joined(separator: "\n")
    }
}
