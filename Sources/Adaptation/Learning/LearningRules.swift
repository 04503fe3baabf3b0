/// The rules of how many corrections are learned from, and how often. The service and the off-line study share them.
public struct LearningRules: Sendable, Equatable {
    /// Below this there is nothing to train on and something to measure on.
    public var leastCorrections = 2
    /// Everyone's weights are trained anew after so many corrections: the canary takes its time.
    public var correctionsPerShared = 8
    /// The newest so many corrections of a writer, and of everyone, are learned from.
    public var newest = (writer: 64, shared: 256)
    /// The number of older held-out corrections that are measured, too, so that a flood of new corrections cannot
    /// outvote them.
    public var anchors = 16
    /// Quarantined corrections that are looked at again after a promotion.
    public var reconsidered = 64
    /// Finals that are at least as likely wholly right go into the reservoir, if there is one.
    public var confident: Float = 0.8

    /// The default rules.
    public init() {}

    public static func == (a: LearningRules, b: LearningRules) -> Bool {
        a.leastCorrections == b.leastCorrections && a.correctionsPerShared == b.correctionsPerShared
            && a.newest == b.newest && a.anchors == b.anchors && a.reconsidered == b.reconsidered
            && a.confident == b.confident
    }

    /// The number of newest corrections that a scope learns from.
    public func limit(of scope: Scope) -> Int { scope == .shared ? newest.shared : newest.writer }

    /// Whether these corrections can be learned from: some to train on, some to measure on.
    public func suffices(_ heldOut: some Sequence<Bool>) -> Bool {
        let all = Array(heldOut)
        return all.count >= leastCorrections && all.contains(true) && all.contains(false)
    }
}

/// The settings of learning that an operator chooses. Changes while the service runs.
public struct LearningSettings: Sendable, Equatable {
    /// The least relative fall of the loss on held-out corrections.
    public var leastGain = 0.0
    /// The largest rise of the error rate on the canary, a difference of fractions.
    public var canaryMargin = 0.002
    /// Threads that train.
    public var threads = 2
    /// Seconds for which corrections are kept.
    public var retention = 365 * 86400.0

    /// The default settings.
    public init() {}
}
