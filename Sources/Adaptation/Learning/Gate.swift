/// Decides whether what was learned may serve.
///
/// Held-out corrections must become likelier and must not be read with more errors, and few of them may contradict the candidate; nothing may be read with more errors on the canary
/// than a margin allows. Likelihood, because a handful of lines holds too few errors to tell better from worse by counting.
public struct Gate: Sendable, Equatable {
    /// The least relative fall of the loss on held-out corrections.
    public var leastGain: Double
    /// The largest rise of the error rate on the canary, a difference of fractions.
    public var canaryMargin: Double

    /// A gate; both thresholds are fractions.
    public init(leastGain: Double = 0, canaryMargin: Double = 0.002) {
        self.leastGain = leastGain
        self.canaryMargin = canaryMargin
    }

    /// Decides whether a candidate with these figures may serve.
    public func verdict(on figures: GateFigures) -> GateVerdict {
        let (before, after) = (figures.heldOutBefore, figures.heldOutAfter)
        let canary = figures.canaryAfter
        guard after.loss.isFinite, canary?.loss.isFinite ?? true else { return .rejected(.notFinite, figures) }
        guard after.lines > 0, after.loss < before.loss * (1 - leastGain) else {
            return .rejected(.heldOutNotBetter, figures)
        }
        guard after.edits <= before.edits else { return .rejected(.heldOutMoreErrors, figures) }
        if let contradictions = figures.contradictions, !contradictions.isTolerable {
            return .rejected(.contradicted(contradictions), figures)
        }
        if let canary, let served = figures.canaryBefore, canary.cer > served.cer + canaryMargin {
            return .rejected(.canaryWorse(margin: canaryMargin), figures)
        }
        return .promoted(figures)
    }
}
