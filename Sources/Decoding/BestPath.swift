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
                    symbols.append(
                        ReadSymbol(label: best, frames: frameCount..<(frameCount + 1), confidence: probability))
                }
            }
            lastLabel = best
            frameCount += 1
        }
    }

    /// What was read so far, scored by the path's log probability.
    public var hypothesis: Hypothesis {
        Hypothesis(symbols: symbols, score: logProbability, ctcLogProbability: logProbability)
    }
}
