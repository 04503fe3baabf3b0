import DuctusNetwork
import DuctusRecognition
import DuctusTraining

/// What learning must know of a kind of input. A kind is a folder beside this file.
protocol LearningKind {
    /// There are lines that everyone's weights must go on reading: the operator's, or simulated ones.
    var hasCanary: Bool { get }

    /// What the network should give for a segment; nil for evidence of another kind, and for a text that the model cannot write.
    func target(of segment: LabelledSegment, for model: Model) -> Target?

    /// The labels that a correction's text names; nil where it is not written as labels of this evidence are.
    func symbols(of text: String, for evidence: Evidence, by model: Model) -> [String]?

    /// Segments as examples to train on; those that the model cannot read or write are left out.
    func corpus(of segments: [LabelledSegment], for model: Model, _ plan: LearningPlan, threads: Int) throws
        -> any Corpus
}

extension ModelInput {
    /// How segments of this kind are learned from.
    var learning: any LearningKind {
        switch self {
        case .ink(let features): LearningInk(features: features)
        case .vectors(let configuration): LearningVectors(configuration: configuration)
        }
    }
}
