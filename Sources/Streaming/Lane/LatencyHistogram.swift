/// Durations in buckets that grow by an eighth of a power of two, from 1 µs to 70 s: fixed memory, quantiles within 9 %.
public struct LatencyHistogram: Sendable, Equatable {
    private static let perOctave = 8
    private var counts = [UInt64](repeating: 0, count: 26 * perOctave)
    public private(set) var count: UInt64 = 0
    /// Sum of all durations, µs.
    public private(set) var sum: UInt64 = 0

    /// A histogram without durations.
    public init() {}

    /// Adds a duration in µs; a negative one (a clock was set back) counts as 0.
    public mutating func add(_ microseconds: Int64) {
        let value = UInt64(max(1, microseconds))
        let octave = 63 - value.leadingZeroBitCount
        let eighth = octave >= 3 ? Int((value >> UInt64(octave - 3)) & 7) : Int((value << UInt64(3 - octave)) & 7)
        counts[min(counts.count - 1, octave * Self.perOctave + eighth)] += 1
        count += 1
        sum = sum.addingSaturating(UInt64(max(0, microseconds)))
    }

    public mutating func add(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum = sum.addingSaturating(other.sum)
    }

    /// The duration in µs that the share `quantile` of all does not exceed; 0 if there are none.
    public func quantile(_ quantile: Double) -> Double {
        guard count > 0 else { return 0 }
        let rank = UInt64((Double(count) * min(1, max(0, quantile))).rounded(.up))
        var seen: UInt64 = 0
        for (index, bucket) in counts.enumerated() {
            seen += bucket
            if seen >= max(1, rank) { return Self.upperBound(of: index) }
        }
        return Self.upperBound(of: counts.count - 1)
    }

    /// Durations of at most `microseconds`, for cumulative exposition. A bucket counts once its upper bound is within.
    public func count(upTo microseconds: Double) -> UInt64 {
        var sum: UInt64 = 0
        for (index, bucket) in counts.enumerated() where Self.upperBound(of: index) <= microseconds { sum += bucket }
        return sum
    }

    private static func upperBound(of index: Int) -> Double {
        let octave = index / perOctave, eighth = index % perOctave
        return Double(UInt64(1) << UInt64(octave)) * (1 + Double(eighth + 1) / Double(perOctave))
    }
}
