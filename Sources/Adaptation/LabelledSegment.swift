import Ink
import Recognition
import Training

/// A segment with what it says: what the learner trains on, and what the gate measures on.
public struct LabelledSegment: Sendable, Equatable {
    public var id: String
    public var text: String
    public var evidence: Evidence

    public init(id: String, text: String, evidence: Evidence) {
        self.id = id
        self.text = text
        self.evidence = evidence
    }

    /// A line of ink; one without a text says nothing.
    public init(_ line: InkLine) {
        self.init(id: line.id, text: line.text ?? "", evidence: .ink(line.strokes))
    }
}

extension Model {
    /// Labelled segments as examples to train this model on; those that it cannot read, or cannot write, are left out.
    func corpus(of segments: [LabelledSegment], _ plan: LearningPlan, threads: Int) throws -> any Corpus {
        switch input {
        case .ink(let features):
            let lines = segments.compactMap { segment -> InkLine? in
                guard case .ink(let strokes) = segment.evidence else { return nil }
                // Without a source: what a segment's ink lacks, it lacks already.
                return InkLine(id: segment.id, text: segment.text, strokes: strokes)
            }
            return InkCorpus(
                [(lines, 1)], features: features, alphabet: alphabet, augmentation: plan.augmentation, sampling: Recipe.Sampling(),
                standardization: standardization, threads: threads)
        case .vectors(let configuration):
            let recordings = segments.compactMap { segment -> SensorRecording? in
                guard case .vectors(let vectors) = segment.evidence, vectors.channels == configuration.channels, !segment.text.isEmpty,
                    (try? alphabet.encode(segment.text)) != nil
                else { return nil }
                return SensorRecording(
                    id: segment.id, subject: "", rate: vectors.rate, channels: vectors.channels, values: vectors.values,
                    text: segment.text)
            }
            return try VectorCorpus(
                recordings, configuration: configuration, task: task, alphabet: alphabet, augmentation: plan.vectorAugmentation,
                standardization: standardization)
        }
    }
}
