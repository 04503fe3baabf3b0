/// A part of all streams, which one daemon of a cell reads at a time: ten bits of a hash of the stream's writer, or of its name where nobody
/// is named.
///
/// Where a cell reads, a topic has its slot before the stream's name, three hexadecimal digits and a full stop: `ink/2a7.desk`.
public struct Slot: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number, 0..<`count`.
    public let number: Int

    /// The number of slots.
    public static let count = 1024

    /// The slot of the shared weights.
    public static let shared = Slot(unchecked: 0)

    /// All slots, ascending.
    public static let all: [Slot] = (0..<count).map(Slot.init(unchecked:))

    /// - Returns: nil for a number that no slot has.
    public init?(_ number: Int) {
        guard (0..<Self.count).contains(number) else { return nil }
        self.number = number
    }

    private init(unchecked number: Int) { self.number = number }

    /// The slot of a stream that this writer holds; of its name where nobody is named.
    public init(writer: String?, stream: String) {
        self.init(of: writer ?? stream)
    }

    /// - Parameter name: a writer's, or a stream's.
    public init(of name: String) {
        number = Int(Self.hash(name.utf8) >> 54)
    }

    /// The digits of a topic; nil for other text.
    public init?(digits: some Collection<UInt8>) {
        guard digits.count == 3, let number = Int(String(decoding: digits, as: UTF8.self), radix: 16),
            digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.init(number)
    }

    /// Three hexadecimal digits.
    public var digits: String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 3 - text.utf8.count) + text
    }

    public var description: String { digits }

    public static func < (a: Slot, b: Slot) -> Bool { a.number < b.number }

    /// FNV-1a, with its upper bits mixed (the finalizer of MurmurHash3): names that differ in their last letter differ in these, too.
    public static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ (hash >> 33)
    }
}
