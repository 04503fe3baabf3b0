import Foundation

/// The likeliest way a given text fits the frames (Viterbi), and how likely the text is over all ways (the CTC likelihood).
public struct ForcedAlignment: Sendable, Equatable {
    /// The text's symbols with their frames; a symbol's confidence is its largest posterior over them.
    public var symbols: [ReadSymbol]
    /// Natural log of the probability of this one alignment, blanks included.
    public var logProbability: Float

    /// Aligns `labels` (classes 1 and up).
    ///
    /// - Returns: nil where the text cannot fit: more symbols (and blanks between equal neighbours) than frames, a class
    ///   outside the posteriors, or posteriors that rule it out.
    public static func align(_ posteriors: Posteriors, labels: [Int]) -> ForcedAlignment? {
        guard fits(posteriors, labels) else { return nil }
        let states = 2 * labels.count + 1
        let frames = posteriors.frames
        var scores = initialScores(posteriors, labels)
        // How far back along the text each state's best predecessor lies: 0, 1 or 2.
        var steps = [UInt8](repeating: 0, count: frames * states)
        for frame in 1..<max(1, frames) {
            let row = posteriors[frame]
            for state in stride(from: states - 1, through: 0, by: -1) {
                var best = scores[state]
                var step: UInt8 = 0
                if state > 0, scores[state - 1] > best { (best, step) = (scores[state - 1], 1) }
                if skips(to: state, labels), scores[state - 2] > best { (best, step) = (scores[state - 2], 2) }
                scores[state] = best + row[label(at: state, labels)]
                steps[frame * states + state] = step
            }
        }
        guard frames > 0 else { return ForcedAlignment(symbols: [], logProbability: 0) }
        var state = states - 1
        if states > 1, scores[states - 2] > scores[states - 1] { state = states - 2 }
        guard scores[state] > -.infinity else { return nil }
        let logProbability = scores[state]
        var symbols: [ReadSymbol] = []
        var later = -1
        for frame in stride(from: frames - 1, through: 0, by: -1) {
            if state % 2 == 1 {
                let label = labels[state / 2]
                let probability = min(1, exp(posteriors[frame, label]))
                if state == later {
                    let last = symbols.count - 1
                    symbols[last].frames = frame..<symbols[last].frames.upperBound
                    symbols[last].confidence = max(symbols[last].confidence, probability)
                } else {
                    symbols.append(ReadSymbol(label: label, frames: frame..<(frame + 1), confidence: probability))
                }
            }
            later = state
            state -= Int(steps[frame * states + state])
        }
        symbols.reverse()
        return ForcedAlignment(symbols: symbols, logProbability: logProbability)
    }

    /// Natural log of the probability of `labels`, all alignments added up; -infinity where the text cannot fit.
    public static func ctcLogProbability(_ posteriors: Posteriors, labels: [Int]) -> Float {
        guard fits(posteriors, labels) else { return -.infinity }
        guard posteriors.frames > 0 else { return 0 }
        let states = 2 * labels.count + 1
        var scores = initialScores(posteriors, labels)
        for frame in 1..<posteriors.frames {
            let row = posteriors[frame]
            for state in stride(from: states - 1, through: 0, by: -1) {
                var sum = scores[state]
                if state > 0 { sum = logSum(sum, scores[state - 1]) }
                if skips(to: state, labels) { sum = logSum(sum, scores[state - 2]) }
                scores[state] = sum + row[label(at: state, labels)]
            }
        }
        return states > 1 ? logSum(scores[states - 1], scores[states - 2]) : scores[0]
    }

    private static func fits(_ posteriors: Posteriors, _ labels: [Int]) -> Bool {
        guard labels.allSatisfy({ $0 > 0 && $0 < posteriors.labels }) else { return false }
        let doubled = zip(labels, labels.dropFirst()).count { $0 == $1 }
        return labels.count + doubled <= posteriors.frames
    }

    /// The class of a state: blanks at even places, the text's symbols between.
    private static func label(at state: Int, _ labels: [Int]) -> Int {
        state % 2 == 0 ? 0 : labels[state / 2]
    }

    /// Whether a state may follow the symbol before it without a blank.
    private static func skips(to state: Int, _ labels: [Int]) -> Bool {
        state % 2 == 1 && state >= 3 && labels[state / 2] != labels[state / 2 - 1]
    }

    private static func initialScores(_ posteriors: Posteriors, _ labels: [Int]) -> [Float] {
        var scores = [Float](repeating: -.infinity, count: 2 * labels.count + 1)
        guard posteriors.frames > 0 else { return scores }
        scores[0] = posteriors[0, 0]
        if let first = labels.first { scores[1] = posteriors[0, first] }
        return scores
    }

    private static func logSum(_ one: Float, _ other: Float) -> Float {
        let (small, large) = one < other ? (one, other) : (other, one)
        return small == -.infinity ? large : large + log1p(exp(small - large))
    }
}
