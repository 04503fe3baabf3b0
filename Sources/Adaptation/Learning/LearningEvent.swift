import DuctusStreaming

/// An event of a pipeline's learning, for the log, the metrics and subscribers.
public enum LearningEvent: Sendable {
    /// A candidate was trained and the gate has decided on it.
    case trial(TrialReport)
    /// A candidate passed the gate and is not promoted, because somebody decided what serves the scope, or erased something of it.
    case overtaken(Scope)
    case rolledBack(from: GenerationName, to: GenerationName)
    /// Corrections of a source are quarantined from now on.
    case distrusted(CorrectionSource, SourceStanding)
    /// Quarantined corrections agree with better weights, and are learned from.
    case released(Scope, count: Int)
    /// A training failed, or something could not be loaded.
    case failed(Scope, reason: String)
    /// Why corrections cannot be kept or learned from at present; nil: they can again.
    case health(String?)
    /// Something that an operator should know.
    case remark(String)
    /// A final that is worth a person's look.
    case review(FinishedSegment, confidence: Float)
}

/// A training run and the gate's verdict on it.
public struct TrialReport: Sendable {
    /// The scope whose weights were trained.
    public var scope: Scope
    /// The new generation; what served before where it was rejected.
    public var generation: GenerationName
    /// The generation that served before.
    public var parent: GenerationName
    /// The gate's decision, with its figures.
    public var verdict: GateVerdict
    /// The number of corrections that it was trained on.
    public var corrections: Int
    /// Duration of training and gate, in seconds.
    public var seconds: Double
}
