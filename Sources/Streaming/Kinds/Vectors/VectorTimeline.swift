/// Orders a sensor's packets in time. It tells of each packet whether it follows the one before, how many vectors are missing between
/// them, or that the clock jumped.
package struct VectorTimeline {
    package enum Place: Equatable {
        case next
        /// The number of vectors, at the packet's rate, that are missing before it.
        case missing(Int)
        /// The clock jumped: what lies between is unknown, even how long it was.
        case jump
    }

    /// A gap of the clock beyond it (seconds) is no gap but another time.
    private static let longestGap = 3600.0
    /// The tolerated error of a packet's time, in seconds. Publishers stamp packets with some delay.
    private static let jitter = 0.1

    /// The time at which the next packet should begin, in µs.
    private var expected: Int64?
    private var lastCount = 0

    package init() {}

    /// A new epoch of the publisher: nothing is expected.
    package mutating func restart() {
        expected = nil
        lastCount = 0
    }

    /// Places a packet.
    ///
    /// - Parameter lost: packets of the stream that were lost just before it.
    package mutating func place(_ frames: FeatureFrames, lost: UInt64) -> Place {
        let place = place(frames.time, rate: Double(frames.rate), lost: lost)
        let microseconds = Double(frames.count) / Double(frames.rate) * 1e6
        let start = frames.time ?? expected
        expected = start.flatMap { Self.sum($0, microseconds) }
        lastCount = frames.count
        return place
    }

    private func place(_ time: Int64?, rate: Double, lost: UInt64) -> Place {
        guard let expected, let time else {
            // Without a clock, lost packets are assumed to be as long as the last one.
            guard lost > 0 else { return .next }
            let vectors = Double(lost) * Double(max(1, lastCount))
            return vectors <= Self.longestGap * rate ? .missing(Int(vectors)) : .jump
        }
        let (difference, overflow) = time.subtractingReportingOverflow(expected)
        guard !overflow else { return .jump }
        let seconds = Double(difference) / 1e6
        guard abs(seconds) <= Self.longestGap else { return .jump }
        let vectors = Int((seconds * rate).rounded())
        if lost > 0, vectors >= 0 { return vectors > 0 ? .missing(vectors) : .next }
        let tolerance = max(Self.jitter, 1.5 / rate)
        if abs(seconds) <= tolerance { return .next }
        return vectors > 0 ? .missing(vectors) : .jump
    }

    private static func sum(_ time: Int64, _ microseconds: Double) -> Int64? {
        guard microseconds.isFinite, microseconds < 1e15 else { return nil }
        let (sum, overflow) = time.addingReportingOverflow(Int64(microseconds))
        return overflow ? nil : sum
    }
}
