import DuctusInk
import InkTestSupport
import Testing

@Suite struct SegmentNormalizationTests {
    @Test func aVerticalLineHasTheDeviationOfAUniformHeight() {
        let line = Stroke(points: (0...10).map { (7, Float($0) * 12) })
        let normalization = SegmentNormalization(of: [line])
        #expect(abs(normalization.scale - 120 / Float(12).squareRoot()) < 1e-2)
        #expect(normalization.originY == 60 && normalization.originX == 7 && normalization.slope == 0)
    }

    @Test func howManySamplesThereAreDoesNotMatter() {
        let sparse = Stroke(points: [(0, 0), (50, 100), (100, 0)])
        var points: [(x: Float, y: Float)] = (0...100).map { (Float($0) / 2, Float($0)) }
        for index in 1...10 { points.append((50 + Float(index) * 5, 100 - Float(index) * 10)) }
        let dense = Stroke(points: points)
        let a = SegmentNormalization(of: [sparse])
        let b = SegmentNormalization(of: [dense])
        #expect(abs(a.scale - b.scale) < 1e-2 && abs(a.originY - b.originY) < 1e-2)
    }

    @Test func aDashIsNotBlownUp() {
        let dash = Stroke(points: [(0, 0), (1_000, 1)])
        #expect(SegmentNormalization(of: [dash]).scale == 12)
        let dashes = stride(from: Float(0), to: 20_000, by: 1_000).map { Stroke(points: [($0, 0), ($0 + 500, 0)]) }
        #expect(SegmentNormalization(of: dashes).scale == 0.003 * 19_500)
    }

    @Test func theSlopeIsBelievedUpToALimitAndOnWideInkOnly() {
        func line(_ width: Float, _ height: Float) -> SegmentNormalization {
            SegmentNormalization(of: [Stroke(points: [(0, 0), (width, height)])])
        }
        #expect(abs(line(100, 10).slope - 0.1) < 1e-5)
        #expect(line(100, 40).slope == 0)
        var configuration = FeatureConfiguration()
        configuration.slopeMinimumAspect = 1
        #expect(SegmentNormalization(of: [Stroke(points: [(0, 0), (100, 60)])], configuration).slope == 0.35)
    }

    @Test func farAwayInkKeepsItsDigits() {
        let near = Stroke(points: (0..<100).map { index in (Float(index % 10), Float(index * 7 % 13)) })
        let far = Stroke(near.samples.map { Sample(x: $0.x + 1e6, y: $0.y + 1e6) })
        #expect(abs(SegmentNormalization(of: [near]).scale - SegmentNormalization(of: [far]).scale) < 1e-3)
    }

    @Test func nothingGivesTheIdentity() {
        #expect(SegmentNormalization(of: []) == SegmentNormalization())
        #expect(SegmentNormalization().apply(x: 3, y: 4) == (3, -4))
    }

    @Test func momentsGiveItWhileTheInkIsWritten() {
        let strokes = TestInk.line()
        var moments = InkMoments()
        for stroke in strokes {
            for sample in stroke.samples { moments.append(x: sample.x, y: sample.y) }
            moments.penUp()
        }
        #expect(moments.normalization(FeatureConfiguration()) == SegmentNormalization(of: strokes))
        #expect(moments.bounds == Bounds(around: strokes))
    }
}
