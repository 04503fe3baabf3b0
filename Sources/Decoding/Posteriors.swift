/// The network's output for a run of frames: natural logarithms of the probability of each class in each frame.
///
/// `frames` rows of `labels` values, row-major; class 0 is the blank, class k the k-th symbol of the `Alphabet`, and each
/// row's probabilities sum to one. A view: it borrows the memory, which must outlive it.
public struct Posteriors {
    /// Number of rows.
    public let frames: Int
    /// Number of classes per row, the blank among them.
    public let labels: Int
    /// The rows, one after the other: `frames * labels` natural logarithms.
    public let logProbabilities: UnsafeBufferPointer<Float>

    /// A view of `frames` rows at the start of `logProbabilities`, which must hold at least `frames * labels` values.
    public init(_ logProbabilities: UnsafeBufferPointer<Float>, frames: Int, labels: Int) {
        precondition(
            labels >= 1 && frames >= 0 && frames * labels <= logProbabilities.count,
            "posteriors of \(frames) x \(labels) do not fit \(logProbabilities.count) values")
        self.frames = frames
        self.labels = labels
        self.logProbabilities = UnsafeBufferPointer(rebasing: logProbabilities[0..<(frames * labels)])
    }

    /// Lends `values` (whole rows of `labels` values) as posteriors for the duration of `body`.
    public static func withView<Result>(
        of values: [Float], labels: Int, _ body: (Posteriors) throws -> Result
    ) rethrows -> Result {
        try values.withUnsafeBufferPointer { buffer in
            try body(Posteriors(buffer, frames: buffer.count / labels, labels: labels))
        }
    }

    /// One frame's classes.
    @inlinable
    public subscript(frame: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(rebasing: logProbabilities[(frame * labels)..<((frame + 1) * labels)])
    }

    /// The value of one class in one frame.
    @inlinable
    public subscript(frame: Int, label: Int) -> Float {
        logProbabilities[frame * labels + label]
    }

    /// The rows `range`, without a copy.
    public subscript(range: Range<Int>) -> Posteriors {
        precondition(range.lowerBound >= 0 && range.upperBound <= frames, "frames \(range) of \(frames)")
        return Posteriors(
            UnsafeBufferPointer(rebasing: logProbabilities[(range.lowerBound * labels)..<(range.upperBound * labels)]),
            frames: range.count, labels: labels)
    }
}
