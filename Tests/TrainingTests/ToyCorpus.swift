import DuctusRandomness
import DuctusTraining

/// Runs of +1 and −1 that spell two symbols: learned in seconds.
struct ToyCorpus: Corpus {
    let count = 48
    var lengths: [Int] { (0..<count).map { 12 + 4 * ($0 % 3) } }
    /// The share of epochs of every other line; the others are in all.
    var shareOfOddLines: Float = 1
    var shares: [Float] { (0..<count).map { $0 % 2 == 0 ? 1 : shareOfOddLines } }

    func example(_ index: Int, augmentedBy random: SplitMix64?) -> TrainingExample {
        var generator = SplitMix64(seed: 77).split(index)
        var noise = random ?? SplitMix64(seed: 0)
        var frames: [Float] = []
        var labels: [Int32] = []
        for _ in 0..<lengths[index] / 4 {
            let isHigh = generator.uniform() < 0.5
            labels.append(isHigh ? 1 : 2)
            for step in 0..<4 {
                frames.append(step < 2 ? (isHigh ? 1 : -1) + noise.normal(deviation: 0.1) : 0)
            }
        }
        return TrainingExample(frames: frames, target: .ctc(labels))
    }
}
