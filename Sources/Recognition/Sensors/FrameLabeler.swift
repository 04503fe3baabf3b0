import DuctusDecoding

/// Turns the posteriors of one recording into labels, at once or window by window: smoothed by the model's transitions where it has some,
/// with probabilities for confidences.
public struct FrameLabeler: Sendable {
    private var viterbi: FrameViterbi
    private let calibration: Calibration?

    /// A labeler before the recording's first frame.
    ///
    /// - Parameter lookahead: the frames behind a chunk that are there when its labels become final; nil where all of the recording is.
    public init(_ model: Model, lookahead: Int? = nil) {
        viterbi = FrameViterbi(
            model.transitions ?? .estimate(from: [], classes: model.alphabet.symbols.count), lookahead: lookahead)
        // Labels are the best path: no beam searches among them.
        calibration = model.calibration[.bestPath]
    }

    /// Reads one window; see `FrameViterbi.advance`.
    ///
    /// - Parameter chunk: so many frames, from the left, are committed. The rest is lookahead and comes again.
    /// - Returns: a label for every frame of the window; those of the chunk are final.
    public mutating func advance(_ posteriors: Posteriors, chunk: Int) -> [FrameLabel] {
        var labels = viterbi.advance(posteriors, chunk: chunk)
        if let calibration {
            for index in labels.indices { labels[index].confidence = calibration(labels[index].confidence) }
        }
        return labels
    }
}
