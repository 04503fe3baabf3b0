import Foundation

/// The CTC prefix probability: the probability that the frames are read as any text that begins with a prefix. It
/// scores the hypotheses of a decoder that grows texts symbol by symbol (Graves 2008; Watanabe et al. 2017, "Hybrid
/// CTC/attention architecture").
public struct ConnectionistPrefixes {
    /// A prefix: for each frame the log probability of having read exactly it by then, the last frame showing its last symbol, or the blank.
    public struct Prefix {
        fileprivate var symbol: [Double]
        fileprivate var blank: [Double]
        fileprivate var last: Int?

        /// The log probability of the prefix and anything behind it.
        public fileprivate(set) var logProbability: Double

        /// The log probability of the prefix as the whole text.
        public var endLogProbability: Double {
            ConnectionistPrefixes.add(symbol.last ?? -.infinity, blank.last ?? 0)
        }
    }

    private let values: [Double]
    private let classes: Int
    private let frames: Int

    /// - Parameter posteriors: of all frames; class 0 is the blank.
    public init(_ posteriors: Posteriors) {
        values = posteriors.logProbabilities.map(Double.init)
        (classes, frames) = (posteriors.labels, posteriors.frames)
    }

    /// The prefix without symbols.
    public var empty: Prefix {
        var sum = 0.0
        let blank = (0..<frames).map { frame in
            sum += values[frame * classes]
            return sum
        }
        return Prefix(
            symbol: [Double](repeating: -.infinity, count: frames), blank: blank, last: nil, logProbability: 0)
    }

    /// A prefix with one more symbol.
    ///
    /// - Parameter label: its class, 1 and up.
    public func extending(_ prefix: Prefix, by label: Int) -> Prefix {
        var next = Prefix(
            symbol: [Double](repeating: -.infinity, count: frames),
            blank: [Double](repeating: -.infinity, count: frames), last: label, logProbability: -.infinity)
        guard frames > 0 else { return next }
        if prefix.last == nil { next.symbol[0] = values[label] }
        next.logProbability = next.symbol[0]
        for frame in 1..<max(frames, 1) {
            let own = values[frame * classes + label]
            // The same symbol again counts as another one only behind a blank.
            let before =
                prefix.last == label
                ? prefix.blank[frame - 1] : Self.add(prefix.blank[frame - 1], prefix.symbol[frame - 1])
            next.symbol[frame] = Self.add(next.symbol[frame - 1], before) + own
            next.blank[frame] = Self.add(next.blank[frame - 1], next.symbol[frame - 1]) + values[frame * classes]
            next.logProbability = Self.add(next.logProbability, before + own)
        }
        return next
    }

    /// log(exp a + exp b).
    private static func add(_ a: Double, _ b: Double) -> Double {
        let larger = max(a, b)
        guard larger > -.infinity else { return larger }
        return larger + log1p(exp(min(a, b) - larger))
    }
}
