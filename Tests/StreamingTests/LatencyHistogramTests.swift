import DuctusRandomness
import DuctusStreaming
import Testing

@Suite struct LatencyHistogramTests {
    @Test func quantilesAreWithinABucketOfTheTruth() {
        var generator = SplitMix64(seed: 1)
        var histogram = LatencyHistogram()
        var values: [Int64] = []
        for _ in 0..<10_000 {
            let value = Int64(generator.uniform() * generator.uniform() * 1e6) + 1
            values.append(value)
            histogram.add(value)
        }
        values.sort()
        for quantile in [0.01, 0.5, 0.9, 0.99, 1] {
            let truth = Double(values[Int(Double(values.count - 1) * quantile)])
            #expect(histogram.quantile(quantile) >= truth * 0.95)
            #expect(histogram.quantile(quantile) <= truth * 1.2 + 2)
        }
        #expect(histogram.count == 10_000)
    }

    @Test func extremesAreCountedAndDoNotTrap() {
        var histogram = LatencyHistogram()
        for value in [Int64.min, -1, 0, 1, .max] { histogram.add(value) }
        #expect(histogram.count == 5)
        #expect(histogram.quantile(0.5) <= 3)
        #expect(LatencyHistogram().quantile(0.99) == 0)
    }

    @Test func sumsOfLanesAreAsIfOneHadCounted() {
        var one = LatencyHistogram(), other = LatencyHistogram(), both = LatencyHistogram()
        for value in stride(from: Int64(1), to: 5000, by: 7) {
            if value % 2 == 0 { one.add(value) } else { other.add(value) }
            both.add(value)
        }
        one.add(other)
        #expect(one == both)
    }
}
