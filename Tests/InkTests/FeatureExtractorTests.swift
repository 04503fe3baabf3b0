import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusRandomness
import Foundation
import InkTestSupport
import Testing

@Suite struct FeatureExtractorTests {
    /// A horizontal line of length 10 at the height that makes its normalization known.
    private func straight(from a: (Float, Float), to b: (Float, Float), samples: Int = 11) -> Stroke {
        Stroke(
            points: (0..<samples).map {
                let share = Float($0) / Float(samples - 1)
                return (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1))
            })
    }

    private let unit = SegmentNormalization(slope: 0, originX: 0, originY: 0, scale: 1)

    private func extract(_ strokes: [Stroke], _ configuration: FeatureConfiguration = .init()) -> Features {
        var extractor = FeatureExtractor(configuration)
        var features = Features(dimension: configuration.dimension)
        extractor.extract(strokes, normalization: unit, into: &features)
        return features
    }

    private func row(_ features: Features, _ index: Int) -> [Float] {
        Array(features.values[index * features.dimension..<(index + 1) * features.dimension])
    }

    @Test func aStraightStrokeIsCutIntoEqualSteps() {
        let features = extract([straight(from: (0, 0), to: (4, 0))])
        #expect(features.count == 11)
        #expect(row(features, 0) == [0, 0, 0, 0, 0, 1, 0, 0, 0])
        for index in 1..<10 {
            let values = row(features, index)
            #expect(abs(values[0] - 1) < 1e-4 && abs(values[1]) < 1e-6)
            #expect(values[5] == 0 && values[6] == 0 && abs(values[8]) < 1e-4)
        }
        #expect(row(features, 10)[6] == 1)
    }

    @Test func yPointsUp() {
        let features = extract([straight(from: (0, 0), to: (0, -2))])
        #expect(row(features, 1)[1] > 0.99)
        #expect(abs(row(features, features.count - 1)[2] - 2) < 1e-5)
    }

    @Test func theLastStepIsBetweenHalfAndOneAndAHalf() {
        for length in stride(from: Float(0.5), through: 3, by: 0.07) {
            let features = extract([straight(from: (0, 0), to: (length, 0))])
            let total = (0..<features.count).reduce(Float(0)) { $0 + row(features, $1)[0] }
            #expect(abs(total * 0.4 - length) < 1e-4)
            let last = row(features, features.count - 1)[0]
            #expect(last >= 0.499 && last <= 1.501)
        }
    }

    @Test func aShortStrokeHasTwoFramesAndADotHasOne() {
        let features = extract([
            straight(from: (0, 0), to: (0.1, 0)), Stroke(points: [(5, 5)]), Stroke(points: [(6, 6), (6, 6)]),
        ])
        #expect(features.count == 4)
        #expect(row(features, 0)[5...6] == [1, 0])
        #expect(row(features, 1)[5...6] == [0, 1])
        #expect(row(features, 2)[5...6] == [1, 1])
        #expect(row(features, 3)[5...6] == [1, 1])
        #expect(features.origins[3] == FrameOrigin(stroke: 2, firstSample: 12, endSample: 14))
    }

    @Test func theJumpToAStrokeIsHalvedAndClipped() {
        let features = extract([Stroke(points: [(0, 0)]), Stroke(points: [(3, -1)]), Stroke(points: [(-30, 30)])])
        #expect(row(features, 0)[3...4] == [0, 0])
        #expect(row(features, 1)[3...4] == [1.5, 0.5])
        #expect(row(features, 2)[3...4] == [-4, -2])
    }

    @Test func aRightTurnHasASineOfMinusOne() {
        // Right, then down on the page: y up that is a turn to the right.
        let corner = Stroke(points: [(0, 0), (0.8, 0), (0.8, 0.8)])
        let features = extract([corner])
        #expect(abs(row(features, 2)[8] + 1) < 1e-4)
        #expect(abs(row(features, 1)[8]) < 1e-4)
    }

    @Test func timePassesInLogarithms() {
        let stroke = Stroke([Sample(x: 0, y: 0, time: 1_000_000), Sample(x: 0.4, y: 0, time: 1_100_000)])
        let dot = Stroke([Sample(x: 9, y: 0, time: 1_600_000)])
        let features = extract([stroke, dot])
        #expect(abs(row(features, 1)[7] - log(1 + 50 * 0.1)) < 1e-5)
        #expect(abs(row(features, 2)[7] - log(1 + 5 * 0.5)) < 1e-5)
        var silent = FeatureConfiguration()
        silent.useTime = false
        let untimed = extract([stroke, dot], silent)
        #expect((0..<3).allSatisfy { row(untimed, $0)[7] == 0 })
    }

    @Test func timeThatRunsBackwardOrIsAbsentCountsAsNone() {
        let backward = Stroke([Sample(x: 0, y: 0, time: 1_000_000), Sample(x: 1, y: 0, time: 900_000)])
        let absent = Stroke([Sample(x: 2, y: 0), Sample(x: 3, y: 0)])
        let extreme = Stroke([Sample(x: 4, y: 0, time: .max), Sample(x: 5, y: 0, time: .min + 1)])
        let features = extract([backward, absent, extreme])
        #expect((0..<features.count).allSatisfy { row(features, $0)[7] == 0 })
    }

    @Test func pressureIsATenthColumn() {
        var configuration = FeatureConfiguration()
        configuration.usePressure = true
        let stroke = Stroke([
            Sample(x: 0, y: 0, pressure: 0.2), Sample(x: 0.8, y: 0, pressure: 0.6), Sample(x: 1.6, y: 0),
        ])
        let features = extract([stroke], configuration)
        #expect(features.dimension == 10)
        #expect(abs(row(features, 1)[9] - 0.4) < 1e-4)
        #expect(row(features, features.count - 1)[9] == 0)
    }

    @Test func placeAndSizeDoNotMatter() {
        let strokes = TestInk.line()
        let moved = strokes.map { stroke in
            Stroke(
                stroke.samples.map {
                    var sample = $0
                    sample.x = sample.x * 4 - 3_000
                    sample.y = sample.y * 4 + 12_345
                    return sample
                })
        }
        let a = FeatureExtractor.features(of: strokes)
        let b = FeatureExtractor.features(of: moved)
        #expect(a.count == b.count)
        #expect(zip(a.values, b.values).allSatisfy { abs($0 - $1) < 2e-2 })
    }

    @Test func theSlopeOfALineIsRemoved() {
        let strokes = TestInk.line(strokes: 30)
        let sloped = strokes.map { stroke in
            Stroke(
                stroke.samples.map {
                    var sample = $0
                    sample.y += 0.1 * sample.x
                    return sample
                })
        }
        let flat = SegmentNormalization(of: strokes)
        let steep = SegmentNormalization(of: sloped)
        #expect(abs(steep.slope - flat.slope - 0.1) < 0.02)
        #expect(abs(steep.scale / flat.scale - 1) < 0.02)
    }

    @Test(arguments: [false, true])
    func everySampleBelongsToAFrameOfItsStroke(local: Bool) {
        var configuration = FeatureConfiguration()
        if local { configuration.local = .init() }
        let strokes = TestInk.line()
        let features = FeatureExtractor.features(of: strokes, configuration)
        var covered = Set<Int32>()
        var firsts: [Int32] = []
        var total: Int32 = 0
        for stroke in strokes {
            firsts.append(total)
            total += Int32(stroke.samples.count)
        }
        for origin in features.origins {
            #expect(origin.firstSample < origin.endSample)
            #expect(origin.firstSample >= firsts[Int(origin.stroke)])
            #expect(
                Int(origin.endSample) <= Int(firsts[Int(origin.stroke)]) + strokes[Int(origin.stroke)].samples.count)
            covered.formUnion(origin.firstSample..<origin.endSample)
        }
        #expect(covered.count == Int(total))
        #expect(features.values.count == features.count * features.dimension)
    }

    @Test func framesOfOneSegmentAreBounded() {
        var configuration = FeatureConfiguration()
        configuration.maximumFrames = 200
        var extractor = FeatureExtractor(configuration)
        var features = Features(dimension: 9)
        let result = extractor.extract(TestInk.line(strokes: 40), into: &features)
        #expect(features.count <= 200 && features.count > 100)
        #expect(result.step > configuration.step && !result.isTruncated)
        let dots = (0..<1_000).map { Stroke(points: [(Float($0), 0)]) }
        #expect(extractor.extract(dots, into: &features).isTruncated)
        #expect(features.count == 200)
    }

    @Test func inkWithoutHeightOrWithoutSizeIsRead() {
        let dash = FeatureExtractor.features(of: [straight(from: (0, 7), to: (1_000, 7), samples: 100)])
        #expect(dash.count > 100 && dash.count < 250)
        #expect(FeatureExtractor.features(of: [Stroke(points: [(3, 3)])]).count == 1)
        #expect(FeatureExtractor.features(of: []).count == 0)
        #expect(FeatureExtractor.features(of: [Stroke()]).count == 0)
        let colon = FeatureExtractor.features(of: [Stroke(points: [(0, 0)]), Stroke(points: [(0, 50)])])
        #expect(colon.count == 2 && colon.values[2] > 0.9)
    }

    @Test func hostileNumbersGiveFiniteFeatures() {
        var random = SplitMix64(seed: 99)
        let odd: [Float] = [
            .nan, .infinity, -.infinity, 0, -0.0, 1e-37, 1e30, -1e38, 1e8, -1e8, .leastNonzeroMagnitude, 1, 2, 3,
        ]
        for local in [false, true] {
            var configuration = FeatureConfiguration()
            if local { configuration.local = .init() }
            var extractor = FeatureExtractor(configuration)
            var features = Features(dimension: 9)
            for _ in 0..<500 {
                let strokes = (0..<1 + Int(random.uniform() * 5)).map { _ in
                    Stroke(
                        (0..<Int(random.uniform() * 20)).map { _ in
                            Sample(
                                x: odd[Int(random.uniform() * Float(odd.count))],
                                y: odd[Int(random.uniform() * Float(odd.count))],
                                time: random.uniform() < 0.3 ? nil : Int64(bitPattern: random.next()))
                        })
                }
                extractor.extract(strokes, into: &features)
                #expect(features.values.allSatisfy { $0.isFinite })
                #expect(features.count <= configuration.maximumFrames)
            }
        }
    }

    @Test func aWanderingBaselineIsFollowed() {
        let strokes = TestInk.line(strokes: 60, seed: 5)
        let wandering = strokes.map { stroke in
            Stroke(
                stroke.samples.map {
                    var sample = $0
                    sample.y += 120 * sin(sample.x / 1_500)
                    return sample
                })
        }
        var local = FeatureConfiguration()
        local.local = .init()
        local.local?.followScale = false
        /// How far the ink of tenths of the line is from its middle height, at worst.
        func unevenness(_ features: Features) -> Float {
            let tenth = features.count / 10
            let means = (0..<10).map { part in
                (part * tenth..<(part + 1) * tenth).reduce(Float(0)) { $0 + row(features, $1)[2] } / Float(tenth)
            }
            return means.map(abs).max() ?? 0
        }
        let before = unevenness(FeatureExtractor.features(of: wandering))
        let after = unevenness(FeatureExtractor.features(of: wandering, local))
        #expect(after < 0.5 * before)
    }

    @Test func aChangingSizeIsEvenedOut() {
        let strokes = TestInk.line(strokes: 60, seed: 6)
        let growing = strokes.map { stroke in
            Stroke(
                stroke.samples.map {
                    var sample = $0
                    sample.y = 1_000 + (sample.y - 1_000) * (0.6 + sample.x / 12_000)
                    return sample
                })
        }
        var local = FeatureConfiguration()
        local.local = .init()
        func deviation(_ features: Features, _ range: Range<Int>) -> Float {
            (range.reduce(Float(0)) { $0 + row(features, $1)[2] * row(features, $1)[2] } / Float(range.count))
                .squareRoot()
        }
        func growth(_ features: Features) -> Float {
            let third = features.count / 3
            return deviation(features, 2 * third..<3 * third) / deviation(features, 0..<third)
        }
        let before = growth(FeatureExtractor.features(of: growing))
        let after = growth(FeatureExtractor.features(of: growing, local))
        #expect(before > 1.3)
        #expect(abs(after - 1) < 0.5 * (before - 1))
    }

    #if DUCTUS_DATA
        @Test func realLinesHaveFramesLikeTheRecipe() throws {
            let lines = try JSONLines.read(TestInk.handwriting("iam-val2"))
            var extractor = FeatureExtractor()
            var features = Features(dimension: 9)
            var frames = 0
            var characters = 0
            for line in lines.prefix(300) {
                let result = extractor.extract(line.strokes, into: &features)
                frames += features.count
                characters += try #require(line.text).count
                #expect(result.cleaning.dropped == 0 && !result.isTruncated)
                #expect(features.values.allSatisfy { $0.isFinite })
            }
            let perCharacter = Double(frames) / Double(characters)
            #expect(perCharacter > 10 && perCharacter < 16)
        }
    #endif
}
