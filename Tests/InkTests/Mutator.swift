import Randomness

/// Changes valid input in small, structure-aware ways: for tests that no input makes a reader crash.
struct Mutator {
    private var random: SplitMix64
    private let tokens: [[UInt8]]

    /// - Parameter tokens: pieces of the format, put in where they do not belong.
    init(seed: UInt64, tokens: [String]) {
        random = SplitMix64(seed: seed)
        self.tokens = tokens.map { Array($0.utf8) }
    }

    private mutating func index(_ count: Int) -> Int {
        count == 0 ? 0 : Int(random.next() % UInt64(count))
    }

    /// `bytes` with one to four changes: a byte, a cut, a repetition, a token.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...index(4) {
            let place = index(bytes.count)
            switch index(6) {
            case 0 where !bytes.isEmpty: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(index(8))
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + index(20)))
            case 3: bytes.insert(contentsOf: Array(bytes[place..<min(bytes.count, place + index(40))]), at: place)
            case 4: bytes = Array(bytes.prefix(place))
            default: bytes.insert(contentsOf: tokens[index(tokens.count)], at: place)
            }
        }
        return bytes
    }
}
