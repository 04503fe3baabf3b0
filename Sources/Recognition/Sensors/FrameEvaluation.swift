import DuctusDecoding

/// The accuracy of a model that labels every frame. Frames without a reference label count for nothing.
public struct FrameEvaluation: Sendable {
    /// The classes.
    public let names: [String]
    /// Counts, row-major: `[reference * classes + recognized]`.
    public private(set) var confusion: [Int]
    /// For each labelled frame the confidence of the recognized label.
    public private(set) var confidences: [Float] = []
    /// For each of `confidences`, whether the label is right.
    public private(set) var isCorrect: [Bool] = []
    private var segmentEdits = 0
    private var segments = 0

    /// An evaluation of no frame; `names` are the classes, in their order.
    public init(names: [String]) {
        self.names = names
        confusion = [Int](repeating: 0, count: names.count * names.count)
    }

    /// Labelled frames.
    public var frames: Int { confusion.reduce(0, +) }

    /// Share of labelled frames that are right.
    public var accuracy: Double {
        let right = names.indices.reduce(0) { $0 + confusion[$1 * names.count + $1] }
        return frames == 0 ? 0 : Double(right) / Double(frames)
    }

    /// Mean over the classes that occur of the harmonic mean of precision and recall.
    public var macroF1: Double {
        var scores: [Double] = []
        for label in names.indices {
            let right = confusion[label * names.count + label]
            let expected = names.indices.reduce(0) { $0 + confusion[label * names.count + $1] }
            let found = names.indices.reduce(0) { $0 + confusion[$1 * names.count + label] }
            if expected + found > 0 { scores.append(2 * Double(right) / Double(expected + found)) }
        }
        return scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
    }

    /// Edit distance between the orders of segments over the number of reference segments (Ward et al. 2011): what is
    /// inserted, deleted or confused as a whole, whatever its length.
    public var segmentError: Double { segments == 0 ? 0 : Double(segmentEdits) / Double(segments) }

    /// Expected calibration error of the confidences, in 15 bins (Guo et al. 2017).
    public var ece: Double { expectedCalibrationError(confidences: confidences, correct: isCorrect) }

    /// Counts a recording: the reference's classes, -1 for frames without one, and what was recognized.
    public mutating func add(reference: [Int32], recognized: [FrameLabel]) {
        var (expected, found): ([Int], [Int]) = ([], [])
        for (label, read) in zip(reference, recognized) where label >= 0 {
            confusion[Int(label) * names.count + read.label] += 1
            confidences.append(read.confidence)
            isCorrect.append(read.label == Int(label))
            if expected.last != Int(label) { expected.append(Int(label)) }
            if found.last != read.label { found.append(read.label) }
        }
        segments += expected.count
        segmentEdits += EditDistance.between(expected, found)
    }
}
