import DuctusNetwork
import DuctusRecognition
import DuctusTraining

/// A segment with its true text. The learner trains on such segments, and the gate measures on others.
public struct LabelledSegment: Sendable, Equatable {
    public var id: String
    /// The true text of the segment.
    public var text: String
    public var evidence: Evidence
    /// The source of the segment. The gate looks at each source by itself.
    public var source: String

    /// A segment with its true text. `source` names where it came from.
    public init(id: String, text: String, evidence: Evidence, source: String = "") {
        self.id = id
        self.text = text
        self.evidence = evidence
        self.source = source
    }
}

extension Model {
    /// The training target of a segment; nil where the model does not read such evidence, or cannot write the text.
    func target(of segment: LabelledSegment) -> Target? { input.learning.target(of: segment, for: self) }

    /// Labelled segments as examples to train this model on; those that it cannot read, or cannot write, are left out.
    public func corpus(of segments: [LabelledSegment], _ plan: LearningPlan = LearningPlan(), threads: Int) throws
        -> any Corpus
    {
        try input.learning.corpus(of: segments, for: self, plan, threads: threads)
    }

    /// The segment's text as a transcription.
    func textTarget(of segment: LabelledSegment) -> Target? {
        guard !segment.text.isEmpty, let labels = try? alphabet.encode(segment.text) else { return nil }
        return .ctc(labels.map(Int32.init))
    }
}
