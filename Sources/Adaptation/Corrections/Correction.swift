import DuctusRecognition

/// A correction: the true text of a segment, with the evidence to learn it from.
public struct Correction: Sendable, Equatable {
    /// The stream in which it was written.
    public var stream: String
    /// Unique within the stream, over restarts.
    public var segment: UInt64
    /// The writer; nil if the stream's hello named nobody.
    public var writer: String?
    /// The evidence of the segment.
    public var evidence: Evidence
    /// The text that the segment really has.
    public var text: String
    /// The text that had been read.
    public var recognized: String
    /// The weights that read it.
    public var generation: GenerationName
    /// The time of the correction, unix µs.
    public var time: Int64

    /// A correction. `time` is in unix µs; `writer` is nil where the stream named nobody.
    public init(
        stream: String, segment: UInt64, writer: String?, evidence: Evidence, text: String, recognized: String,
        generation: GenerationName, time: Int64
    ) {
        self.stream = stream
        self.segment = segment
        self.writer = writer
        self.evidence = evidence
        self.text = text
        self.recognized = recognized
        self.generation = generation
        self.time = time
    }

    /// The segment with its true text, to learn from and to measure on.
    public var labelled: LabelledSegment {
        LabelledSegment(id: "\(stream)/\(segment)", text: text, evidence: evidence, source: stream)
    }
}

/// A correction on disk.
public struct JournaledCorrection: Sendable, Equatable {
    /// The state of a correction in the journal.
    public enum State: String, Sendable, CaseIterable {
        /// No training has used it yet.
        case pending
        /// A generation that passed the gate was trained or measured with it.
        case learned
        /// The last training with it did not pass the gate, or was rolled back; the next one tries again together with newer ones.
        case rejected
        /// A later correction of the same segment took its place.
        case superseded
        /// The correction, or most of its source's, contradicts confident readings. Nothing is learned from it until
        /// better weights agree with it.
        case quarantined
    }

    /// Ascending in the order in which they were acknowledged, from 1.
    public var number: UInt64
    /// The correction as it was given.
    public var correction: Correction
    /// Whether it is pending, learned from, or set aside.
    public var state: State
    /// Kept for the gate: never trained on, so that what is measured on it is honest.
    public var isHeldOut: Bool

    /// A correction as the journal keeps it.
    public init(number: UInt64, correction: Correction, state: State, isHeldOut: Bool) {
        self.number = number
        self.correction = correction
        self.state = state
        self.isHeldOut = isHeldOut
    }
}
