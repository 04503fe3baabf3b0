import Foundation

/// A frame's label and the posterior it had.
public struct FrameLabel: Sendable, Equatable {
    /// The class, 1 and up.
    public var label: Int
    /// The network's probability of that label in that frame, 0…1.
    public var confidence: Float

    /// A class, and its confidence 0…1.
    public init(label: Int, confidence: Float) {
        self.label = label
        self.confidence = confidence
    }
}

/// Smooths per-frame posteriors with a `TransitionModel`: the likeliest sequence of classes (Viterbi), at once or window by window.
///
/// A window's chunk is decided along the path that is best at the window's right edge, so labels become final no later than posteriors. With
/// everything that is still to come as lookahead, or through `smooth`, the result is the exact Viterbi path. Here every class is a label; there
/// is no blank unless the model has one.
///
/// A short lookahead bounds the weight of transitions. A change of class is seen in time only where the few frames behind the chunk can pay for
/// it; with a weight that suits whole recordings the path would keep the former class until the change lies in the past.
public struct FrameViterbi: Sendable {
    private let model: TransitionModel
    private let transitionWeight: Float
    /// The score of the best path that ends in each class at the last committed frame; empty before the first.
    private var scores: [Float] = []

    /// The weight that transitions gain by each frame of lookahead. On human activities (10 frames per second) accuracy was highest with 0.75 at
    /// 6 frames, 1.5 at 11, 2 at 16, and more than 3 at 30.
    public static let transitionWeightOfLookahead: Float = 0.125

    /// A smoother before the first frame.
    ///
    /// - Parameter lookahead: the frames behind a chunk that are there when its labels become final; nil where all of a recording is.
    public init(_ model: TransitionModel, lookahead: Int? = nil) {
        self.model = model
        let bound = lookahead.map { Float(max(1, $0)) * Self.transitionWeightOfLookahead } ?? .infinity
        transitionWeight = min(model.transitionWeight, bound)
    }

    /// Reads one window: the frames to commit, then those they may see.
    ///
    /// - Parameter chunk: the number of frames, from the left, that are committed. The rest is lookahead and comes
    ///   again.
    /// - Returns: a label for every frame of the window; those of the chunk are final.
    public mutating func advance(_ posteriors: Posteriors, chunk: Int) -> [FrameLabel] {
        precondition(
            posteriors.labels == model.classes,
            "posteriors have \(posteriors.labels) classes, the transition model \(model.classes)")
        var (before, after) = (scores, [Float](repeating: 0, count: model.classes))
        var predecessors = [Int32](repeating: 0, count: posteriors.frames * model.classes)
        for frame in 0..<posteriors.frames {
            step(posteriors[frame], from: before, into: &after, &predecessors, at: frame * model.classes)
            if before.isEmpty { before = after } else { swap(&before, &after) }
            if frame == chunk - 1 { scores = before }
        }
        return labels(of: posteriors, endingIn: before, predecessors)
    }

    /// The exact Viterbi path through all frames.
    public static func smooth(_ posteriors: Posteriors, with model: TransitionModel) -> [FrameLabel] {
        var viterbi = FrameViterbi(model)
        return viterbi.advance(posteriors, chunk: posteriors.frames)
    }

    private func step(
        _ row: UnsafeBufferPointer<Float>, from before: [Float], into after: inout [Float],
        _ predecessors: inout [Int32], at first: Int
    ) {
        let classes = model.classes
        var largest = -Float.infinity
        for label in 0..<classes {
            var best = before.isEmpty ? model.logInitial[label] : -.infinity
            var predecessor = label
            for previous in before.indices {
                let score = before[previous] + transitionWeight * model.logTransitions[previous * classes + label]
                if score > best { (best, predecessor) = (score, previous) }
            }
            // A value that is not a number (a dead channel) says nothing for or against the class.
            let emission = row[label].isNaN ? 0 : max(row[label], -100) - model.priorWeight * model.logPriors[label]
            after[label] = best + emission
            largest = max(largest, after[label])
            predecessors[first + label] = Int32(predecessor)
        }
        for label in 0..<classes { after[label] -= largest }
    }

    /// The path that ends best, from its last frame back.
    private func labels(of posteriors: Posteriors, endingIn scores: [Float], _ predecessors: [Int32]) -> [FrameLabel] {
        var labels = [FrameLabel](repeating: FrameLabel(label: 0, confidence: 0), count: posteriors.frames)
        var label = scores.indices.max { scores[$0] < scores[$1] } ?? 0
        for frame in labels.indices.reversed() {
            let posterior = posteriors[frame, label]
            labels[frame] = FrameLabel(label: label, confidence: posterior.isNaN ? 0 : min(1, exp(posterior)))
            label = Int(predecessors[frame * model.classes + label])
        }
        return labels
    }
}
