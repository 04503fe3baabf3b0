import DuctusInk
import Testing

@Suite struct CleaningTests {
    private func clean(_ strokes: [Stroke]) -> (Cleaning, Features) {
        var extractor = FeatureExtractor()
        var features = Features(dimension: 9)
        return (extractor.extract(strokes, into: &features).cleaning, features)
    }

    /// Ordinary ink with one sample put in at `index`.
    private func stroke(inserting sample: Sample?, at index: Int = 5) -> Stroke {
        var samples = (0..<12).map {
            Sample(x: 5_000 + Float($0) * 10, y: 3_000 + Float($0 % 3) * 8, time: Int64($0) * 8_000)
        }
        if let sample { samples.insert(sample, at: index) }
        return Stroke(samples)
    }

    @Test(arguments: [0, 5, 12])
    func aJumpToTheOriginIsDropped(index: Int) {
        let (_, clean) = clean([stroke(inserting: nil)])
        let (counts, features) = self.clean([stroke(inserting: Sample(x: 0, y: 0, time: 30_000), at: index)])
        #expect(counts.originJumps == 1 && counts.dropped == 1)
        #expect(features.values == clean.values)
    }

    @Test func aStrokeOfNothingButTheOriginIsDropped() {
        let (counts, features) = clean([stroke(inserting: nil), Stroke([Sample(x: 0, y: 0)]), stroke(inserting: nil)])
        #expect(counts.originJumps == 1 && counts.emptyStrokes == 1)
        #expect(Set(features.origins.map(\.stroke)) == [0, 2])
        #expect(features.origins.last?.endSample == 25)
    }

    @Test func inkAroundTheOriginIsKept() {
        let around = Stroke(points: (-6..<7).map { (Float($0), Float(abs($0))) })
        #expect(clean([around]).0 == Cleaning())
        #expect(clean([Stroke(points: [(0, 0), (1, 1), (2, 1), (3, 3)])]).0 == Cleaning())
        #expect(clean([Stroke(points: [(0, 0)])]).1.count == 1)
        #expect(clean([Stroke(points: [(0, 0), (0, 0)])]).1.count == 1)
    }

    @Test func everyKindIsCounted() {
        var samples = stroke(inserting: nil).samples
        samples[2].x = .nan
        samples[3].y = -.infinity
        samples[4].x = 3e9
        samples[6].time = samples[5].time
        samples[7].time = 1
        samples[8] = samples[9]
        let (counts, _) = clean([Stroke(samples), Stroke(points: [(5_000, 3_100)]), Stroke([Sample(x: .nan, y: 0)])])
        var expected = Cleaning()
        expected.notFinite = 3
        expected.outOfRange = 1
        expected.repeatedTimes = 1
        expected.backwardTimes = 1
        expected.duplicatePoints = 1
        expected.singlePointStrokes = 1
        expected.emptyStrokes = 1
        #expect(counts == expected)
        var sum = counts
        sum.add(counts)
        #expect(sum.dropped == 8 && sum.emptyStrokes == 2 && sum.duplicatePoints == 2)
    }

    @Test func aRestIsTimeAndNoWay() {
        let rest = Stroke([
            Sample(x: 0, y: 5, time: 0), Sample(x: 10, y: 5, time: 10_000), Sample(x: 10, y: 5, time: 500_000),
            Sample(x: 20, y: 5, time: 510_000),
        ])
        let (counts, features) = clean([rest])
        #expect(counts.duplicatePoints == 1)
        let longest = stride(from: 7, to: features.values.count, by: 9).map { features.values[$0] }.max() ?? 0
        #expect(longest > 3)
    }
}
