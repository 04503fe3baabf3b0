import DuctusInk
import DuctusRandomness
import InkTestSupport
import Testing

@Suite struct IncrementalFeatureExtractorTests {
    @Test(arguments: [UInt64(1), 2, 3, 4, 5])
    func framesEqualThoseOfTheWholeSegment(seed: UInt64) {
        var configuration = FeatureConfiguration()
        configuration.usePressure = true
        let strokes = TestInk.line(strokes: 20, seed: seed)
        let normalization = SegmentNormalization(of: strokes.prefix(4))
        var extractor = FeatureExtractor(configuration)
        var whole = Features(dimension: 10)
        extractor.extract(strokes, normalization: normalization, into: &whole)
        #expect(TestInk.features(incrementally: strokes, configuration, normalization) == whole)
    }

    @Test func dirtyInkIsCleanedAlikeBothWays() {
        var random = SplitMix64(seed: 8)
        let configuration = FeatureConfiguration()
        for seed in 0..<40 {
            var strokes = TestInk.line(strokes: 6, seed: UInt64(seed))
            for stroke in strokes.indices {
                for sample in strokes[stroke].samples.indices {
                    switch Int(random.uniform() * 20) {
                    case 0: strokes[stroke].samples[sample].x = .nan
                    case 1: (strokes[stroke].samples[sample].x, strokes[stroke].samples[sample].y) = (0, 0)
                    case 2: strokes[stroke].samples[sample].time = 5
                    case 3: strokes[stroke].samples[sample].y = 1e20
                    default: break
                    }
                }
            }
            let normalization = SegmentNormalization(of: strokes)
            var extractor = FeatureExtractor(configuration)
            var whole = Features(dimension: 9)
            let result = extractor.extract(strokes, normalization: normalization, into: &whole)
            #expect(TestInk.features(incrementally: strokes, configuration, normalization) == whole)
            #expect(result.normalization == normalization)
        }
    }

    @Test func framesComeOneLateAndTheLastAtThePenUp() {
        let normalization = SegmentNormalization(slope: 0, originX: 0, originY: 0, scale: 1)
        var extractor = IncrementalFeatureExtractor(normalization: normalization)
        var features = Features(dimension: 9)
        extractor.append(Sample(x: 0, y: 1), into: &features)
        #expect(features.count == 0)
        extractor.append(Sample(x: 0.41, y: 1), into: &features)
        #expect(features.count == 1)
        extractor.append(Sample(x: 0.81, y: 1), into: &features)
        #expect(features.count == 2)
        extractor.penUp(into: &features)
        #expect(features.count == 3)
        extractor.penUp(into: &features)
        #expect(features.count == 3 && extractor.sampleCount == 3)
    }

    @Test func resetForgetsTheSegment() {
        var configuration = FeatureConfiguration()
        configuration.local = .init()
        let strokes = TestInk.line(seed: 3)
        let normalization = SegmentNormalization(of: strokes)
        var extractor = IncrementalFeatureExtractor(configuration, normalization: normalization)
        var first = Features(dimension: 9)
        var second = first
        for stroke in strokes { stroke.samples.forEach { extractor.append($0, into: &first) } }
        extractor.reset(normalization: normalization)
        for stroke in strokes {
            stroke.samples.forEach { extractor.append($0, into: &second) }
            extractor.penUp(into: &second)
        }
        #expect(second == TestInk.features(incrementally: strokes, configuration, normalization))
    }

    @Test func localFramesResembleThoseOfTheWholeLine() {
        var configuration = FeatureConfiguration()
        configuration.local = .init()
        let strokes = TestInk.line(strokes: 30, seed: 11)
        let normalization = SegmentNormalization(of: strokes)
        let causal = TestInk.features(incrementally: strokes, configuration, normalization)
        let whole = FeatureExtractor.features(of: strokes, configuration)
        #expect(abs(Float(causal.count) / Float(whole.count) - 1) < 0.15)
        #expect(causal.values.allSatisfy { $0.isFinite })
        #expect(causal.origins.last?.endSample == whole.origins.last?.endSample)
    }

    @Test func driftTellsHowFarTheFrozenScaleIsOff() {
        let strokes = TestInk.line(strokes: 20)
        let right = SegmentNormalization(of: strokes)
        var wrong = right
        wrong.scale *= 1.3
        func drift(_ normalization: SegmentNormalization) -> Float {
            var extractor = IncrementalFeatureExtractor(normalization: normalization)
            var features = Features(dimension: 9)
            #expect(extractor.drift == 0)
            for stroke in strokes {
                stroke.samples.forEach { extractor.append($0, into: &features) }
                extractor.penUp(into: &features)
            }
            #expect(abs(extractor.estimate.scale / right.scale - 1) < 1e-4)
            return extractor.drift
        }
        #expect(drift(right) < 1e-4)
        #expect(abs(drift(wrong) - 0.3) < 1e-3)
        var shifted = right
        shifted.originY += 0.5 * right.scale
        #expect(abs(drift(shifted) - 0.25) < 1e-3)
    }

    @Test func aFullSegmentStopsGivingFrames() {
        var configuration = FeatureConfiguration()
        configuration.maximumFrames = 50
        var extractor = IncrementalFeatureExtractor(
            configuration, normalization: SegmentNormalization(slope: 0, originX: 0, originY: 0, scale: 1e-6))
        var features = Features(dimension: 9)
        for index in 0..<1_000 { extractor.append(Sample(x: Float(index) * 1e5, y: 0), into: &features) }
        extractor.penUp(into: &features)
        #expect(features.count == 50 && extractor.isFull)
    }
}
