import DuctusInk
import DuctusRandomness
import DuctusStreaming
import Testing

@Suite struct SegmenterTests {
    func samples(_ points: [(x: Float, y: Float)], from time: Int64 = 0) -> [PenSample] {
        points.enumerated().map { PenSample(Sample(x: $1.x, y: $1.y, time: time + Int64($0) * 10_000)) }
    }

    func append(_ reports: [PenSample], _ segmenter: inout Segmenter) -> [Segmenter.Closed] {
        var closed: [Segmenter.Closed] = []
        for report in reports { segmenter.append(report, number: nil, closed: &closed) }
        return closed
    }

    @Test func noInkIsLostOrDoubledWhateverArrives() {
        for seed in UInt64(1)...20 {
            var generator = SplitMix64(seed: seed)
            var segmenter = Segmenter(rule: EndpointRule(pause: 0.5, maximumSamples: 60))
            var sent: [Sample] = [], closed: [Segmenter.Closed] = []
            var time: Int64 = 0
            for _ in 0..<2000 {
                time += generator.uniform() < 0.01 ? 700_000 : 8_000
                let sample = Sample(x: generator.uniform() * 2000, y: generator.uniform() * 2000, time: time)
                let contact = generator.uniform() < 0.9
                if contact { sent.append(sample) }
                segmenter.append(PenSample(sample, contact: contact), number: nil, closed: &closed)
                if generator.uniform() < 0.005 { segmenter.end(.explicit, closed: &closed) }
            }
            segmenter.end(.shutdown, closed: &closed)
            #expect(closed.flatMap(\.ink.samples) == sent)
            #expect(closed.allSatisfy { !$0.ink.isEmpty && $0.ink.samples.count <= 60 })
            #expect(closed.allSatisfy { segment in segment.ink.strokes.allSatisfy { !$0.samples.isEmpty } })
        }
    }

    /// Thousands of taps take as long to read as a page: a segment ends before.
    @Test func aSegmentOfStrokes_isBounded() {
        var segmenter = Segmenter(rule: EndpointRule(newLine: false))
        var closed: [Segmenter.Closed] = []
        var sent: [Sample] = []
        for tap in 0..<5000 {
            sent.append(Sample(x: Float(tap % 200), y: Float(tap % 7)))
            segmenter.append(PenSample(sent[tap]), number: nil, closed: &closed)
            segmenter.append(PenSample(sent[tap], contact: false), number: nil, closed: &closed)
        }
        segmenter.end(.explicit, closed: &closed)
        #expect(closed.map(\.ink.spans.count) == [1024, 1024, 1024, 1024, 904])
        #expect(closed.map(\.ending) == [.maximum, .maximum, .maximum, .maximum, .explicit])
        #expect(closed.flatMap(\.ink.samples) == sent)
        #expect(closed.flatMap(\.ink.numbers) == (0..<5000).map(UInt32.init))
    }

    @Test func publishersOwnStrokeNumbersAreKept() {
        var segmenter = Segmenter(rule: EndpointRule())
        var closed: [Segmenter.Closed] = []
        for (number, report) in [
            (UInt32(7), samples([(0, 0), (1, 1)])), (9, samples([(2, 2), (3, 3)], from: 100_000)),
        ] {
            for (index, sample) in report.enumerated() {
                segmenter.append(sample, number: index == 0 ? number : nil, closed: &closed)
            }
        }
        // Another number is another stroke, even if the report of the pen's lifting was lost.
        #expect(segmenter.open.numbers == [7, 9])
        #expect(segmenter.open.strokes.map(\.samples.count) == [2, 2])
    }

    @Test func aPenThatRestsWithinAStrokeHasNotPaused() {
        for (seconds, wasLost, ends) in [(2.5, false, false), (3.5, false, true), (2.5, true, true)] {
            var segmenter = Segmenter(rule: EndpointRule())
            _ = append(samples([(0, 0), (5, 5)]), &segmenter)
            if wasLost { segmenter.noteLoss() }
            let closed = append(samples([(6, 6), (8, 8)], from: Int64(seconds * 1e6)), &segmenter)
            #expect(closed.isEmpty != ends, "a rest of \(seconds) s, reports lost: \(wasLost)")
            #expect(segmenter.open.numbers == [0] && segmenter.open.samples.count == (ends ? 2 : 4))
        }
    }

    @Test func aStrokeAfterAPauseEndsTheSegment() {
        var segmenter = Segmenter(rule: EndpointRule())
        var ink = samples([(0, 0), (5, 5)])
        ink.append(PenSample(Sample(x: 5, y: 5, time: 20_000), contact: false))
        _ = append(ink, &segmenter)
        #expect(append(samples([(6, 6), (8, 8)], from: 2_500_000), &segmenter).count == 1)
    }

    @Test func backwardTimeIsNoPause() {
        var segmenter = Segmenter(rule: EndpointRule(pause: 1))
        let closed = append(
            samples([(0, 0), (5, 5)], from: 90_000_000) + samples([(6, 6), (8, 8)], from: 0), &segmenter)
        #expect(closed.isEmpty && segmenter.open.samples.count == 4)
    }

    @Test func absurdTimesDoNotTrap() {
        var segmenter = Segmenter(rule: EndpointRule())
        let times: [Int64] = [.min + 1, .max, 0, .min + 1, .max]
        let closed = append(times.map { PenSample(Sample(x: 1, y: 1, time: $0)) }, &segmenter)
        #expect(closed.reduce(segmenter.open.samples.count) { $0 + $1.ink.samples.count } == times.count)
    }

    @Test func strokeTakenBackWhileItIsDrawnGoesOnAsANewOne() {
        var segmenter = Segmenter(rule: EndpointRule())
        _ = append(samples([(0, 0), (5, 5)]), &segmenter)
        let took = segmenter.retract([0])
        #expect(took)
        #expect(segmenter.open.isEmpty)
        _ = append(samples([(6, 6)], from: 30_000), &segmenter)
        #expect(segmenter.open.numbers == [1])
        let tookAgain = segmenter.retract([0])
        #expect(!tookAgain)
    }
}
