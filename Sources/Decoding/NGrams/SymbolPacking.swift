/// The packing of an n-gram's symbols into a 64-bit key: a fixed number of bits each, the first symbol highest.
///
/// The more symbols an alphabet has, the shorter is the longest n-gram: 126 symbols leave room for nine, 254 for eight, 4,094 for five,
/// 65,534 for four.
struct SymbolPacking: Sendable, Equatable {
    /// Bits per symbol.
    let bits: UInt64
    /// The value of one symbol with all bits set: stands for none.
    var mask: UInt64 { (1 << bits) - 1 }
    /// The longest n-gram that a key holds.
    var largestOrder: Int { min(NGramLevels.largestOrder, 64 / Int(bits)) }

    /// The packing for an alphabet. Two more values than symbols are needed: the boundary, and the value for none.
    init(symbolCount: Int) {
        var bits: UInt64 = 7
        while 1 << bits < symbolCount + 2 { bits += 1 }
        self.bits = bits
    }

    /// A key without its last symbol: what the n-gram follows.
    @inline(__always)
    func context(of key: UInt64) -> UInt64 { key >> bits }

    /// A key's last `order` symbols.
    @inline(__always)
    func ending(of key: UInt64, order: Int) -> UInt64 { key & ((1 << (bits * UInt64(order))) - 1) }

    /// A key with one more symbol at its end.
    @inline(__always)
    func appending(_ symbol: UInt64, to key: UInt64) -> UInt64 { key << bits | symbol }

    /// A key's last symbol.
    @inline(__always)
    func last(of key: UInt64) -> UInt64 { key & mask }
}
