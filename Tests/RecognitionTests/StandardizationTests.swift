import DuctusRandomness
import DuctusRecognition
import Testing

@Suite struct StandardizationTests {
    @Test func whatWasGatheredComesOutWithMeanZeroAndDeviationOne() {
        var random = SplitMix64(seed: 3)
        var frames = (0..<3000).map { $0 % 3 == 2 ? 7 : random.normal(mean: Float($0 % 3) * 40, deviation: 2) }
        var estimator = Standardization.Estimator(dimension: 3)
        estimator.add(frames)
        estimator.standardization.apply(to: &frames)
        for column in 0..<2 {
            let values = stride(from: column, to: frames.count, by: 3).map { frames[$0] }
            let mean = values.reduce(0, +) / Float(values.count)
            let deviation = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Float(values.count)).squareRoot()
            #expect(abs(mean) < 1e-3)
            #expect(abs(deviation - 1) < 1e-3)
        }
        #expect(stride(from: 2, to: frames.count, by: 3).allSatisfy { frames[$0] == 0 }, "a constant stays finite")
    }

    @Test func survivesStorageAsMeanAndDeviation() {
        let stored = Standardization(mean: [1, -2], deviation: [4, 0])
        let loaded = Standardization(mean: stored.mean, deviation: stored.deviation)
        var frames: [Float] = [5, 1]
        loaded.apply(to: &frames)
        #expect(frames == [1, 3])
    }
}
