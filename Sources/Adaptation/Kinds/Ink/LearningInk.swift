import DuctusInk
import DuctusNetwork
import DuctusRecognition
import DuctusTraining

/// Learning from ink: texts of lines.
struct LearningInk: LearningKind {
    let features: FeatureConfiguration

    var hasCanary: Bool { true }

    func target(of segment: LabelledSegment, for model: Model) -> Target? {
        guard case .ink = segment.evidence, model.task.form == .transcription else { return nil }
        return model.textTarget(of: segment)
    }

    func symbols(of text: String, for evidence: Evidence, by model: Model) -> [String]? { text.map(String.init) }

    func corpus(of segments: [LabelledSegment], for model: Model, _ plan: LearningPlan, threads: Int) throws
        -> any Corpus
    {
        let lines = segments.compactMap { segment -> InkLine? in
            guard case .ink(let strokes) = segment.evidence else { return nil }
            // Without a source: what a segment's ink lacks, it lacks already.
            return InkLine(id: segment.id, text: segment.text, strokes: strokes)
        }
        return InkCorpus(
            [.init(lines)], features: features, alphabet: model.alphabet, augmentation: plan.augmentation,
            sampling: Recipe.Sampling(), standardization: model.standardization, threads: threads)
    }
}

extension LabelledSegment {
    /// A line of ink; one without a text says nothing.
    public init(_ line: InkLine) {
        self.init(id: line.id, text: line.text ?? "", evidence: .ink(line.strokes), source: line.writer ?? "")
    }
}
