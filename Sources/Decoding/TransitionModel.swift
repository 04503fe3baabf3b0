import Foundation

/// A Markov model of how labels follow each other from frame to frame, estimated by counting.
///
/// Together with a network's posteriors it makes a hybrid hidden Markov model (Bourlard & Morgan 1994): posteriors over priors stand in for
/// likelihoods.
public struct TransitionModel: Sendable, Equatable, Codable {
    /// Number of classes.
    public let classes: Int
    /// Natural log probability of each class in the first frame.
    public var logInitial: [Float]
    /// Natural log probability of the class in a frame, given the one before: row-major, `[before * classes + after]`.
    public var logTransitions: [Float]
    /// Natural log of each class's share of all frames.
    public var logPriors: [Float]
    /// The power of the prior that is divided out of a posterior: 1 as in theory, 0 for none.
    public var priorWeight: Float = 1
    /// The weight of transitions against posteriors. Posteriors of neighbouring frames repeat each other, so more than
    /// 1 can pay.
    public var transitionWeight: Float = 1

    /// Counts frame labels.
    ///
    /// - Parameters:
    ///   - sequences: recordings, a class 0 ..< `classes` per frame, or nil where the frame has no label (the chain breaks there).
    ///   - smoothing: added to each count.
    /// - Returns: every class equally likely where nothing was counted.
    public static func estimate(from sequences: [[Int?]], classes: Int, smoothing: Double = 0.1) -> TransitionModel {
        precondition(classes > 0, "a transition model needs a class")
        var initial = [Double](repeating: smoothing, count: classes)
        var transitions = [Double](repeating: smoothing, count: classes * classes)
        var priors = [Double](repeating: max(smoothing, 1e-3), count: classes)
        for sequence in sequences {
            var before: Int?
            for label in sequence {
                if let label {
                    priors[label] += 1
                    if let before { transitions[before * classes + label] += 1 } else { initial[label] += 1 }
                }
                before = label
            }
        }
        return TransitionModel(
            classes: classes, logInitial: logShares(initial),
            logTransitions: (0..<classes).flatMap { logShares(transitions[($0 * classes)..<(($0 + 1) * classes)]) },
            logPriors: logShares(priors))
    }

    private static func logShares(_ counts: some Collection<Double>) -> [Float] {
        let sum = counts.reduce(0, +)
        guard sum > 0 else { return Array(repeating: -log(Float(counts.count)), count: counts.count) }
        return counts.map { $0 > 0 ? Float(log($0 / sum)) : -100 }
    }
}
