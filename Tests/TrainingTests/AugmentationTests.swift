import DuctusInk
import DuctusRandomness
import DuctusTraining
import Testing

@Suite struct AugmentationTests {
    private let strokes = [
        Stroke((0..<60).map { Sample(x: Float($0) * 0.5, y: Float($0 % 4) - 1.5, time: Int64($0) * 10_000) }),
        Stroke([Sample(x: 31, y: 0)]),
    ]

    @Test func theSameSeedDistortsAlike() {
        var (first, second) = (SplitMix64(seed: 9), SplitMix64(seed: 9))
        #expect(
            Augmentation().distort(strokes, using: &first) == Augmentation().distort(strokes, using: &second))
    }

    @Test func withoutAnyDeviationInkStaysAsItIs() {
        var augmentation = Augmentation()
        augmentation.scaleX = 0
        augmentation.scaleY = 0
        augmentation.shear = 0
        augmentation.rotation = 0
        augmentation.warpShift = 0
        augmentation.warpGain = 0
        augmentation.timeDropped = 0
        var random = SplitMix64(seed: 1)
        #expect(augmentation.distort(strokes, using: &random) == strokes)
    }

    @Test func distortedInkIsFiniteAndStaysClose() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<200 {
            for stroke in Augmentation().distort(strokes, using: &random) {
                for sample in stroke.samples {
                    #expect(sample.x.isFinite && sample.y.isFinite)
                    #expect(abs(sample.x) < 80 && abs(sample.y) < 12)
                }
            }
        }
    }

    @Test func timesAreDroppedAsOftenAsAsked() {
        var random = SplitMix64(seed: 3)
        let timeless = (0..<1000).count { _ in
            Augmentation().distort(strokes, using: &random)[0].samples[0].time == nil
        }
        #expect((250...350).contains(timeless))
    }

    @Test func masksZeroWholeFramesAndNotTooMany() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<100 {
            var frames = [Float](repeating: 1, count: 100 * 9)
            Augmentation().mask(&frames, dimension: 9, using: &random)
            let zeros = stride(from: 0, to: frames.count, by: 9).map { frames[$0..<$0 + 9].count { $0 == 0 } }
            #expect(zeros.allSatisfy { $0 == 0 || $0 == 9 })
            #expect(zeros.count { $0 == 9 } <= 14)
        }
    }

    @Test func inkWithoutPointsIsSurvived() {
        var random = SplitMix64(seed: 5)
        #expect(Augmentation().distort([], using: &random).isEmpty)
        #expect(Augmentation().distort([Stroke()], using: &random) == [Stroke()])
    }
}
