/// Processes that train one network together, each a rank of the group.
///
/// Every rank makes the same calls in the same order; a call returns when all have made it.
///
/// Guarantees of an implementation
/// - The same values always give the same bits, on every rank, whatever came first over the network.
public protocol Collective: Sendable {
    /// 0 ..< `count`.
    var rank: Int { get }
    /// The number of ranks.
    var count: Int { get }

    /// Replaces each rank's values by their sums over the ranks, added in the order of `PairwiseOrder`.
    func sum(_ values: inout [Float]) throws

    /// Gathers the bytes of all ranks, in the order of the ranks.
    func gather(_ bytes: [UInt8]) throws -> [[UInt8]]

    /// Sends the bytes of rank 0 to all ranks.
    func broadcast(_ bytes: [UInt8]) throws -> [UInt8]
}

/// One process that trains by itself.
public struct Alone: Collective {
    /// A run of one process.
    public init() {}

    public var rank: Int { 0 }
    public var count: Int { 1 }
    public func sum(_ values: inout [Float]) {}
    public func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
    public func broadcast(_ bytes: [UInt8]) -> [UInt8] { bytes }
}

/// The order in which parts of a sum are added, so that it does not matter who holds them: neighbours first, then neighbours of those sums,
/// and so on. A group of 2ⁿ parts that lie together makes a sum of its own on the way.
public enum PairwiseOrder {
    /// The additions for `count` parts, in order: the second is added to the first.
    public static func additions(_ count: Int) -> [(into: Int, from: Int)] {
        var additions: [(Int, Int)] = []
        var stride = 1
        while stride < count {
            var into = 0
            while into + stride < count {
                additions.append((into, into + stride))
                into += 2 * stride
            }
            stride *= 2
        }
        return additions
    }
}
