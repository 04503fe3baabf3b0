import Foundation

/// A frame's label and the posterior it had.
public struct FrameLabel: Sendable, Equatable {
    public var label: Int
    /// The network's probability of that label in that frame, 0…1.
    public var confidence: Float

    public init(label: Int, confidence: Float) {
        self.label = label
        self.confidence = confidence
    }
}

/// Smooths per-frame posteriors with a `TransitionModel`: the likeliest sequence of classes (Viterbi), at once or while frames arrive.
///
/// On line it decides each frame `lag` frames later, along the path that is best by then. With a lag as long as the recording, or
/// through `smooth`, the result is the exact Viterbi path. Here every class is a label; there is no blank unless the model has one.
public struct FrameViterbi: Sendable {
    private let model: TransitionModel
    private let lag: Int
    private var scores: [Float]
    private var next: [Float]
    /// For the last `lag` frames and the newest: each class's best predecessor, and each class's posterior. Ring buffers.
    private var predecessors: [Int32]
    private var confidences: [Float]
    private var pending = 0
    /// Number of frames taken since the last reset.
    public private(set) var frameCount = 0

    /// A smoother before the first frame that decides each frame once `lag` more have come.
    public init(_ model: TransitionModel, lag: Int) {
        self.model = model
        self.lag = max(0, lag)
        scores = Array(repeating: 0, count: model.classes)
        next = scores
        predecessors = Array(repeating: 0, count: (self.lag + 1) * model.classes)
        confidences = Array(repeating: 0, count: (self.lag + 1) * model.classes)
    }

    /// Number of frames that were decided.
    public var committedCount: Int { frameCount - pending }

    /// Forgets all frames.
    public mutating func reset() {
        pending = 0
        frameCount = 0
    }

    /// Takes the next frames and returns the labels of those that are decided now, in order.
    public mutating func advance(_ posteriors: Posteriors) -> [FrameLabel] {
        precondition(
            posteriors.labels == model.classes,
            "posteriors have \(posteriors.labels) classes, the transition model \(model.classes)")
        var decided: [FrameLabel] = []
        decided.reserveCapacity(posteriors.frames)
        for frame in 0..<posteriors.frames {
            take(posteriors[frame])
            if pending > lag {
                decided.append(label(of: frameCount - pending, on: path()))
                pending -= 1
            }
        }
        return decided
    }

    /// The labels of the frames that are not decided yet, as they look now.
    public var provisional: [FrameLabel] {
        let path = path()
        return (0..<pending).map { label(of: frameCount - pending + $0, on: path) }
    }

    /// Decides the rest and forgets all frames.
    public mutating func finish() -> [FrameLabel] {
        let rest = provisional
        reset()
        return rest
    }

    /// The exact Viterbi path through all frames.
    public static func smooth(_ posteriors: Posteriors, with model: TransitionModel) -> [FrameLabel] {
        var viterbi = FrameViterbi(model, lag: posteriors.frames)
        return viterbi.advance(posteriors) + viterbi.finish()
    }

    private mutating func take(_ row: UnsafeBufferPointer<Float>) {
        let classes = model.classes
        let slot = (frameCount % (lag + 1)) * classes
        var largest = -Float.infinity
        for label in 0..<classes {
            var best = model.logInitial[label]
            var predecessor = label
            if frameCount > 0 {
                best = -.infinity
                for before in 0..<classes {
                    let score = scores[before] + model.transitionWeight * model.logTransitions[before * classes + label]
                    if score > best { (best, predecessor) = (score, before) }
                }
            }
            // A value that is not a number (a dead channel) says nothing for or against the class.
            let emission = row[label].isNaN ? 0 : max(row[label], -100) - model.priorWeight * model.logPriors[label]
            next[label] = best + emission
            largest = max(largest, next[label])
            predecessors[slot + label] = Int32(predecessor)
            confidences[slot + label] = row[label].isNaN ? 0 : min(1, exp(row[label]))
        }
        for label in 0..<classes { next[label] -= largest }
        swap(&scores, &next)
        frameCount += 1
        pending += 1
    }

    /// The classes of the pending frames on the path that is best now, oldest first.
    private func path() -> [Int] {
        guard pending > 0 else { return [] }
        var path = [Int](repeating: 0, count: pending)
        var label = 0
        for other in 1..<max(1, model.classes) where scores[other] > scores[label] { label = other }
        for place in stride(from: pending - 1, through: 0, by: -1) {
            path[place] = label
            let frame = frameCount - pending + place
            label = Int(predecessors[(frame % (lag + 1)) * model.classes + label])
        }
        return path
    }

    private func label(of frame: Int, on path: [Int]) -> FrameLabel {
        let label = path[frame - (frameCount - pending)]
        return FrameLabel(label: label, confidence: confidences[(frame % (lag + 1)) * model.classes + label])
    }
}
