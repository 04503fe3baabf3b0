import DuctusNetwork
import DuctusRandomness

/// Scheduled sampling: in a share of places a decoder is shown its own prediction in place of the target, so that it
/// learns to go on after its own mistakes (Bengio et al. 2015). It works in one parallel pass, in which all predictions
/// are made from the targets before them (Mihaylova & Martins 2019).
struct ScheduledSampling {
    /// The share at the run's end; it rises evenly from 0.
    let highestShare: Float
    private let workspace = Workspace()

    init(highestShare: Float) {
        self.highestShare = highestShare
    }

    /// The symbols that the decoder is shown.
    ///
    /// - Parameters:
    ///   - written: the targets before each frame, the boundary first.
    ///   - progress: the share of the run that is done, 0…1.
    func shown(
        _ written: Batch, for sources: Batch, by network: Network, progress: Float, using random: SplitMix64
    ) throws -> Batch {
        let share = highestShare * min(1, max(0, progress))
        guard share > 0 else { return written }
        var random = random
        let output = try network.forward(sources, others: [written], workspace: workspace)
        var shown = Batch(dimension: 1)
        var start = 0
        for (sequence, length) in written.lengths.enumerated() {
            var symbols = Array(written.frames[start..<start + length])
            let values = output[sequence].values
            for frame in 1..<max(1, length) where random.uniform() < share {
                let row = (frame - 1) * output.dimension
                let likeliest = (0..<output.dimension).max { values[row + $0] < values[row + $1] } ?? 0
                // The end is no symbol to go on behind.
                if likeliest > 0 { symbols[frame] = Float(likeliest) }
            }
            shown.append(symbols)
            start += length
        }
        return shown
    }
}
