import DuctusRandomness
import DuctusTraining
import Testing

@Suite struct BatchPlanTests {
    private let lengths = (0..<500).map { 20 + ($0 * 37) % 300 }

    private func plan(seed: UInt64, chosen: [Int]? = nil) -> BatchPlan {
        var random = SplitMix64(seed: seed)
        return BatchPlan(
            lengths: lengths, chosen: chosen ?? Array(lengths.indices), framesPerBatch: 2000, using: &random)
    }

    @Test func everyChosenExampleIsUsedOnce() {
        let chosen = stride(from: 0, to: 500, by: 3).map { $0 }
        #expect(plan(seed: 1, chosen: chosen).batches.joined().sorted() == chosen)
    }

    @Test func noBatchExceedsItsFrames() {
        for batch in plan(seed: 2).batches {
            #expect(batch.reduce(0) { $0 + lengths[$1] } <= 2000)
        }
    }

    @Test func aBatchHoldsExamplesOfSimilarLength() {
        for batch in plan(seed: 3).batches {
            let sizes = batch.map { lengths[$0] }
            #expect(Double(sizes.max()!) <= 1.5 * Double(sizes.min()!) + 50, "lengths go from 20 to 320")
        }
    }

    @Test func anExampleLongerThanABatchStandsAlone() {
        var random = SplitMix64(seed: 4)
        let plan = BatchPlan(lengths: [10, 5000, 10], chosen: [0, 1, 2], framesPerBatch: 100, using: &random)
        #expect(plan.batches.contains([1]))
    }

    @Test func theSameSeedGivesTheSamePlanAndAnotherSeedAnother() {
        #expect(plan(seed: 5) == plan(seed: 5))
        #expect(plan(seed: 5) != plan(seed: 6))
    }
}
