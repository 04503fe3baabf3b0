import DuctusNetwork
import DuctusRecognition
import DuctusTraining

/// A kind of input, as learning needs it. A kind is a folder beside this file.
protocol LearningKind {
    /// Whether there is a canary for the shared weights: the operator's lines, or simulated ones.
    var hasCanary: Bool { get }

    /// The training target of a segment; nil for evidence of another kind, and for a text that the model cannot write.
    func target(of segment: LabelledSegment, for model: Model) -> Target?

    /// The labels that a correction's text names; nil where it is not written as labels of this evidence are.
    func symbols(of text: String, for evidence: Evidence, by model: Model) -> [String]?

    /// Segments as examples to train on; those that the model cannot read or write are left out.
    func corpus(of segments: [LabelledSegment], for model: Model, _ plan: LearningPlan, threads: Int) throws
        -> any Corpus
}

extension ModelInput {
    /// The learning of segments of this kind.
    var learning: any LearningKind {
        switch self {
        case .ink(let features): LearningInk(features: features)
        case .vectors(let configuration): LearningVectors(configuration: configuration)
        }
    }
}
