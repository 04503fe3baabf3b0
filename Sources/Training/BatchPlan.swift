import DuctusRandomness

/// The examples of each step of an epoch. They are of similar length, so that the recurrent layers' batches stay full.
/// The order of the steps is random, and the same for the same seed.
public struct BatchPlan: Sendable, Equatable {
    /// Indexes of the examples of each step.
    public let batches: [[Int]]

    /// - Parameters:
    ///   - lengths: the estimated number of frames of each example.
    ///   - chosen: the examples to use.
    ///   - framesPerBatch: a batch is closed before it exceeds this, but has at least one example.
    public init(lengths: [Int], chosen: [Int], framesPerBatch: Int, using random: inout SplitMix64) {
        // A little noise on the lengths, so that the same lines do not meet in every epoch.
        let keyed = chosen.map { (index: $0, key: Float(lengths[$0]) * (1 + 0.2 * random.uniform())) }
        let sorted = keyed.sorted { ($0.key, $0.index) < ($1.key, $1.index) }
        var batches: [[Int]] = []
        var batch: [Int] = []
        var frames = 0
        for (index, _) in sorted {
            if !batch.isEmpty, frames + lengths[index] > framesPerBatch {
                batches.append(batch)
                batch = []
                frames = 0
            }
            batch.append(index)
            frames += lengths[index]
        }
        if !batch.isEmpty { batches.append(batch) }
        batches.shuffle(using: &random)
        self.batches = batches
    }
}
