/// A small, fast, seeded random number generator, the same sequence on every machine.
///
/// Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. Its whole state is one
/// number, so that a checkpoint can store it and a resumed run continues exactly. Not for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable, Codable, Equatable {
    /// The generator's whole state.
    public var state: UInt64

    /// A generator that repeats the same sequence for the same `seed`.
    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A generator for one item of many (a line, a thread): independent of how many others are drawn before it.
    public func split(_ index: Int) -> SplitMix64 {
        var seeded = SplitMix64(seed: state ^ (UInt64(bitPattern: Int64(index)) &* 0xd6e8_feb8_6659_fd93))
        return SplitMix64(seed: seeded.next())
    }
}
