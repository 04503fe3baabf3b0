import DuctusInk
import DuctusRecognition

extension Evidence {
    /// Bytes that it takes in a message, about.
    package var wireByteCount: Int {
        switch self {
        case .ink(let strokes): strokes.reduce(0) { $0 + $1.samples.count } * 16
        case .vectors(let vectors): vectors.values.count * 4
        }
    }
}

extension WireJournalEntry {
    /// Puts in what a correction's segment was read from.
    package mutating func set(_ evidence: Evidence) {
        switch evidence {
        case .ink(let strokes): ink = WireInkSamples(strokes: strokes)
        case .vectors(let recorded):
            channels = recorded.channels
            vectors = WireFeatureFrames(recorded)
        }
    }
}

extension WireReviewSuggestion {
    /// Puts in the ink that a segment was read from; a sensor's vectors are not sent along.
    package mutating func set(_ evidence: Evidence) {
        if case .ink(let strokes) = evidence { ink = WireInkSamples(strokes: strokes) }
    }
}
