import DuctusRandomness
import DuctusRecognition
import Foundation
import Testing

@Suite struct VectorExtractorTests {
    private func configuration(
        channels: Int = 1, rate: Double = 10, stack: Int = 1, deltas: Bool = false, normalizes: Bool = false
    ) -> VectorConfiguration {
        VectorConfiguration(
            channels: (0..<channels).map { "c\($0)" }, rate: rate, stack: stack, deltas: deltas,
            normalizesRecording: normalizes)
    }

    @Test func vectorsAreStackedAndWhatFillsNoFrameIsLeftOut() {
        let extractor = VectorExtractor(configuration(channels: 2, stack: 3))
        let frames = extractor.frames((0..<14).map(Float.init), rate: 10)
        #expect(frames == (0..<12).map(Float.init))
    }

    @Test(arguments: [(20.0, [0, 2, 4, 6]), (5.0, [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6])])
    func aStraightLineStaysOneAtEveryRate(_ rate: Double, _ expected: [Float]) {
        let extractor = VectorExtractor(configuration())
        #expect(extractor.frames((0..<7).map(Float.init), rate: rate) == expected)
    }

    @Test func missingNeighboursMakeAResampledValueMissing() {
        let extractor = VectorExtractor(configuration())
        let frames = extractor.frames([0, .nan, 2, 3, 4], rate: 5)
        #expect(frames.map(\.isNaN) == [false, true, true, true, false, false, false, false, false])
    }

    @Test func slopesAreThoseOfTheFittedLine() {
        let extractor = VectorExtractor(configuration(deltas: true))
        let frames = extractor.frames([1, 3, 5, 7, 9, 11], rate: 10)
        #expect(frames.count == 12)
        #expect(frames[4] == 5 && frames[5] == 2 && frames[7] == 2)
        // At the ends the first and the last vector stand in for those beyond.
        #expect(abs(frames[1] - (2 + 2 * 4) / 10) < 1e-6)
    }

    @Test func aRecordingsMeanAndDeviationAreRemovedAroundWhatIsMissing() {
        let extractor = VectorExtractor(configuration(normalizes: true))
        let frames = extractor.frames([10, .nan, 14, 10, 14], rate: 10)
        #expect(frames[0] == -1 && frames[1].isNaN && frames[2] == 1 && frames[4] == 1)
    }

    @Test func whatIsMissingBecomesTheMean() {
        let extractor = VectorExtractor(configuration(channels: 2))
        var frames: [Float] = [3, .nan, .infinity, 6]
        extractor.standardize(&frames, with: Standardization(mean: [1, 2], deviation: [2, 4]))
        #expect(frames == [1, 0, 0, 1])
    }

    /// However a recording is cut into packets, its frames are those of the whole.
    @Test(arguments: [(1, false, 50.0), (3, true, 50.0), (2, true, 80.0), (5, false, 31.0)])
    func framesOfAStreamAreThoseOfTheRecording(_ stack: Int, _ deltas: Bool, _ rate: Double) {
        var random = SplitMix64(seed: UInt64(stack))
        var values = (0..<600).map { _ in random.normal() }
        for index in [10, 11, 12, 300, 599] { values[index] = .nan }
        let configuration = configuration(channels: 3, rate: 50, stack: stack, deltas: deltas)
        var whole = VectorExtractor(configuration).frames(values, rate: rate)
        for index in whole.indices where !whole[index].isFinite { whole[index] = 7 }

        for most in [1, 4, 50] {
            var resampler = VectorResampler(channels: 3, rate: 50)
            var extractor = IncrementalVectorExtractor(
                configuration, substitutes: [Float](repeating: 7, count: configuration.dimension))
            var (frames, origins): ([Float], [VectorOrigin]) = ([], [])
            var sent = 0
            while sent < 200 {
                let count = min(200 - sent, Int.random(in: 1...most, using: &random))
                var (vectors, sources): ([Float], [Int]) = ([], [])
                resampler.append(
                    values[(sent * 3)..<((sent + count) * 3)], rate: rate, into: &vectors, sources: &sources)
                extractor.append(vectors, ends: sources.map { $0 + sent + 1 }, into: &frames, origins: &origins)
                sent += count
            }
            extractor.finish(into: &frames, origins: &origins)
            #expect(frames == whole)
            #expect(origins.count == whole.count / configuration.dimension)
            #expect(origins.first?.vectors.lowerBound == 0)
            for (a, b) in zip(origins, origins.dropFirst()) { #expect(a.vectors.upperBound == b.vectors.lowerBound) }
        }
    }

    @Test func aFrameThatIsMostlyMissingSaysSo() {
        let configuration = configuration(channels: 2, stack: 2)
        var extractor = IncrementalVectorExtractor(configuration, substitutes: [0, 0, 0, 0])
        var (frames, origins): ([Float], [VectorOrigin]) = ([], [])
        extractor.append(
            [1, .nan, .nan, 1, .nan, 1, .nan, .nan], ends: [1, 2, 3, 4], into: &frames, origins: &origins)
        #expect(origins.map(\.isMissing) == [false, true])
        #expect(frames == [1, 0, 0, 1, 0, 1, 0, 0])
    }

    @Test(arguments: [
        #"{"channels": [], "rate": 50}"#, #"{"channels": ["a"], "rate": 0}"#,
        #"{"channels": ["a"], "rate": 50, "stack": 0}"#,
    ])
    func impossibleConfigurationsAreRefused(_ json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(VectorConfiguration.self, from: Data(json.utf8))
        }
    }
}
