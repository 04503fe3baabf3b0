/// The name of a stream: 1 to 64 of `A-Z a-z 0-9 _ -`, so that it fits a topic, a file name and a metric's label unescaped.
///
/// For example: `StreamName("desk-3")`. Anything else gives nil; the caller counts what it drops.
public struct StreamName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as it stands in topics.
    public let text: String

    /// A name of 1 to 64 bytes of the allowed characters; nil for another text.
    public init?(_ text: some StringProtocol) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    /// The same for a part of a topic. Asked for each packet: other modules would run the code for all kinds of text.
    package init?(_ text: Substring) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    public var description: String { text }

    public static func < (a: StreamName, b: StreamName) -> Bool { a.text < b.text }

    /// A hash that is the same in every run (FNV-1a), so that a stream keeps its lane over restarts.
    public var stableHash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
