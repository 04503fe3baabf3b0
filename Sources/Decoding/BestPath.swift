import Foundation

/// Best-path decoding: the likeliest class of every frame, repeats merged, blanks dropped (Graves et al. 2006).
///
/// Incremental: `advance` takes the frames piece by piece, with the same result as all at once. A value, so a copy reads an open
/// tail without touching the original.
public struct BestPath: Sendable {
    /// The symbols read so far. The last one may still grow while `advance` brings more frames of it.
    public private(set) var symbols: [ReadSymbol] = []
    /// Number of frames taken since the last reset.
    public private(set) var frameCount = 0
    /// Log probability of the best path so far, blanks included.
    public private(set) var logProbability: Float = 0
    private var lastLabel = 0
    /// Symbols before the first place at which one may have been left out: between two symbols stand blanks, and a third label was likely in
    /// one of them. No confidence tells of a symbol that was not read.
    public private(set) var surelyCompleteCount = Int.max
    private var gap = Gap()

    /// The probability from which the second-best label of a blank frame counts as a symbol that may have been missed.
    private static let doubt: Float = 0.02
    /// The log-probability of the blank above which no label reaches `doubt`.
    private static let sureBlank = log(1 - doubt)
    private static let likely = log(doubt)

    /// The two likeliest labels since the last symbol, other than that one.
    private struct Gap {
        var first: (label: Int, probability: Float) = (0, 0)
        var second: (label: Int, probability: Float) = (0, 0)

        mutating func add(_ label: Int, _ probability: Float) {
            if label == first.label {
                first.probability = max(first.probability, probability)
            } else if probability > first.probability {
                second = first
                first = (label, probability)
            } else if probability > second.probability {
                second = (label, probability)
            }
        }

        /// The probability of a label other than the one that follows.
        func omission(before label: Int) -> Float { first.label == label ? second.probability : first.probability }
    }

    /// A search at the start of a stream.
    public init() {}

    /// Reads every frame of `posteriors` as one pass.
    public static func decode(_ posteriors: Posteriors) -> Hypothesis {
        var path = BestPath()
        path.advance(posteriors)
        return path.hypothesis
    }

    /// Forgets all frames; keeps the memory.
    public mutating func reset() {
        symbols.removeAll(keepingCapacity: true)
        frameCount = 0
        logProbability = 0
        lastLabel = 0
        surelyCompleteCount = .max
        gap = Gap()
    }

    /// Takes the next frames. A symbol's confidence is its largest posterior over its frames.
    public mutating func advance(_ posteriors: Posteriors) {
        for frame in 0..<posteriors.frames {
            let row = posteriors[frame]
            var best = 0
            for label in 1..<max(row.count, 1) where row[label] > row[best] { best = label }
            logProbability += row[best]
            if best != 0 {
                let probability = min(1, exp(row[best]))
                if best == lastLabel {
                    let last = symbols.count - 1
                    symbols[last].frames = symbols[last].frames.lowerBound..<(frameCount + 1)
                    symbols[last].confidence = max(symbols[last].confidence, probability)
                } else {
                    if gap.omission(before: best) >= Self.doubt {
                        surelyCompleteCount = min(surelyCompleteCount, symbols.count)
                    }
                    gap = Gap()
                    symbols.append(
                        ReadSymbol(label: best, frames: frameCount..<(frameCount + 1), confidence: probability))
                }
            }
            if best == 0 { lookForOmission(in: row) }
            lastLabel = best
            frameCount += 1
        }
    }

    private mutating func lookForOmission(in row: UnsafeBufferPointer<Float>) {
        guard row[0] < Self.sureBlank else { return }
        for label in 1..<row.count where row[label] >= Self.likely && label != symbols.last?.label {
            gap.add(label, exp(row[label]))
        }
    }

    /// The reading so far, scored by the path's log probability.
    public var hypothesis: Hypothesis {
        Hypothesis(symbols: symbols, score: logProbability, ctcLogProbability: logProbability)
    }
}
