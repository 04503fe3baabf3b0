/// A map from raw confidences to probabilities of being right: monotone, piecewise linear, fitted on validation data.
///
/// Isotonic regression (Zadrozny & Elkan 2002) over groups of similar confidence, joined by straight lines. Raw confidences of the best
/// path and of the beam mean different things: fit one map for each.
public struct Calibration: Sendable, Equatable, Codable {
    /// One corner of the map.
    public struct Knot: Sendable, Equatable, Codable {
        /// The raw confidence.
        public var raw: Float
        /// The share of symbols with it that were right.
        public var probability: Float

        /// A corner of the map: a raw confidence and its probability, both 0…1.
        public init(raw: Float, probability: Float) {
            self.raw = raw
            self.probability = probability
        }
    }

    /// Corners by rising raw confidence; probabilities do not fall. Outside the first and last the map is flat. Without corners it
    /// changes nothing.
    public var knots: [Knot]

    /// A map through `knots`, which must be sorted by their raw confidence.
    public init(knots: [Knot]) { self.knots = knots }

    /// The map that changes nothing.
    public static let identity = Calibration(knots: [])

    /// Fits the map on symbols that were read, each with its raw confidence and whether it was right.
    ///
    /// - Returns: `identity` where there are no symbols with a finite confidence.
    public static func fit(confidences: [Float], correct: [Bool]) -> Calibration {
        precondition(confidences.count == correct.count, "\(confidences.count) confidences, \(correct.count) outcomes")
        let sorted = zip(confidences, correct).filter { $0.0.isFinite }.sorted { $0.0 < $1.0 }
        guard !sorted.isEmpty else { return .identity }
        var blocks: [Block] = []
        for group in groups(sorted.map(\.0)) {
            var block = Block()
            for (confidence, isCorrect) in sorted[group] {
                block.count += 1
                block.raw += Double(confidence)
                block.right += isCorrect ? 1 : 0
            }
            blocks.append(block)
            // Pool adjacent violators: a group that is right less often than the one before joins it.
            while blocks.count > 1, blocks[blocks.count - 2].share >= blocks[blocks.count - 1].share {
                let last = blocks.removeLast()
                blocks[blocks.count - 1].merge(last)
            }
        }
        return Calibration(
            knots: blocks.map { Knot(raw: Float($0.raw / $0.count), probability: Float($0.share)) })
    }

    private struct Block {
        var count = 0.0
        var raw = 0.0
        var right = 0.0
        /// The share that is right, held off 0 and 1 by half an observation each: nothing is certain.
        var share: Double { (right + 0.5) / (count + 1) }

        mutating func merge(_ other: Block) {
            count += other.count
            raw += other.raw
            right += other.right
        }
    }

    /// Ranges of sorted confidences: about fifty of equal size, at least 20 symbols each where there are as many.
    private static func groups(_ confidences: [Float]) -> [Range<Int>] {
        let size = max(20, confidences.count / 50)
        var groups: [Range<Int>] = []
        var start = 0
        while start < confidences.count {
            var end = min(start + size, confidences.count)
            while end < confidences.count, confidences[end] == confidences[end - 1] { end += 1 }
            groups.append(start..<end)
            start = end
        }
        if groups.count > 1, groups[groups.count - 1].count < size / 2 {
            let last = groups.removeLast()
            groups[groups.count - 1] = groups[groups.count - 1].lowerBound..<last.upperBound
        }
        return groups
    }

    /// The probability for a raw confidence; 0 for one that is not a number.
    public func callAsFunction(_ raw: Float) -> Float {
        guard !raw.isNaN else { return 0 }
        guard let first = knots.first, let last = knots.last else { return min(max(raw, 0), 1) }
        if raw <= first.raw { return first.probability }
        if raw >= last.raw { return last.probability }
        let upper = knots.firstIndex { $0.raw > raw } ?? knots.count - 1
        let (left, right) = (knots[upper - 1], knots[upper])
        let share = (raw - left.raw) / (right.raw - left.raw)
        return left.probability + share * (right.probability - left.probability)
    }

    /// The hypothesis with probabilities for confidences.
    public func apply(to hypothesis: Hypothesis) -> Hypothesis {
        var calibrated = hypothesis
        for index in calibrated.symbols.indices {
            calibrated.symbols[index].confidence = self(calibrated.symbols[index].confidence)
        }
        return calibrated
    }
}

/// The expected calibration error: over `bins` equal ranges of confidence, the mean gap between confidence and the
/// share that is right, weighted by the number of symbols in each (Naeini et al. 2015; Guo et al. 2017).
public func expectedCalibrationError(confidences: [Float], correct: [Bool], bins: Int = 15) -> Double {
    precondition(confidences.count == correct.count && bins > 0)
    guard !confidences.isEmpty else { return 0 }
    var sums = [(confidence: Double, right: Double)](repeating: (0, 0), count: bins)
    for (confidence, isCorrect) in zip(confidences, correct) {
        let value = confidence.isNaN ? 0 : Double(min(max(confidence, 0), 1))
        let bin = min(bins - 1, Int(value * Double(bins)))
        sums[bin].confidence += value
        sums[bin].right += isCorrect ? 1 : 0
    }
    return sums.reduce(0) { $0 + abs($1.confidence - $1.right) } / Double(confidences.count)
}
