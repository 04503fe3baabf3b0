import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

@Suite struct FrameViterbiTests {
    private static func model() -> TransitionModel {
        TransitionModel.estimate(
            from: [[0, 0, 0, 1, 1, 2, 2, 2, nil, 0, 0, 1, 1, 1, 1], [2, 2, 2, 0]], classes: 3)
    }

    @Test func transitionsAreSharesOfCountsAndGapsBreakTheChain() {
        let model = TransitionModel.estimate(from: [[0, 0, 1, nil, 1]], classes: 2, smoothing: 0)
        #expect(abs(model.logTransitions[0] - log(0.5)) < 1e-6 && abs(model.logTransitions[1] - log(0.5)) < 1e-6)
        // Nothing follows class 1: every class is as likely.
        #expect(abs(model.logTransitions[3] - log(0.5)) < 1e-6)
        #expect(abs(exp(model.logInitial[0]) - 0.5) < 1e-6)
        #expect(abs(exp(model.logPriors[0]) - 0.5) < 1e-3)
    }

    @Test(arguments: 0..<20) func theSmoothedPathIsTheLikeliestOfAll(seed: Int) {
        let model = Self.model()
        let posteriors = SimulatedPosteriors.diffuse(frames: 6, labels: 3, seed: UInt64(seed))
        func score(_ path: [Int]) -> Double {
            var sum = Double(model.logInitial[path[0]])
            for (frame, label) in path.enumerated() {
                sum += Double(posteriors.values[frame * 3 + label] - model.logPriors[label])
                if frame > 0 { sum += Double(model.logTransitions[path[frame - 1] * 3 + label]) }
            }
            return sum
        }
        let all = (0..<729).map { code in (0..<6).map { code / Int(pow(3.0, Double($0))) % 3 } }
        let best = all.map(score).max() ?? 0
        let path = posteriors.withView { FrameViterbi.smooth($0, with: model) }.map(\.label)
        #expect(abs(score(path) - best) < 1e-4)
    }

    @Test(arguments: 0..<10) func withAllThatIsToComeAsLookaheadChunksGiveTheExactPath(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        SimulatedPosteriors.diffuse(frames: 80, labels: 3, seed: UInt64(seed), sharpness: 1).withView { whole in
            let exact = FrameViterbi.smooth(whole, with: Self.model())
            var viterbi = FrameViterbi(Self.model())
            var start = 0
            while start < 80 {
                let chunk = min(80 - start, Int(generator.next() % 9))
                #expect(viterbi.advance(whole[start..<80], chunk: chunk) == Array(exact[start...]))
                start += chunk
            }
        }
    }

    @Test func aChunkSeesItsWindowAndNothingBeyond() {
        SimulatedPosteriors.diffuse(frames: 50, labels: 3, seed: 3, sharpness: 1).withView { whole in
            var viterbi = FrameViterbi(Self.model())
            _ = viterbi.advance(whole[0..<20], chunk: 10)
            // A look ahead leaves no trace.
            var again = viterbi
            _ = again.advance(whole[10..<40], chunk: 0)
            let window = viterbi.advance(whole[10..<25], chunk: 5)
            #expect(again.advance(whole[10..<25], chunk: 5) == window && window.count == 15)
            #expect(again.advance(whole[15..<50], chunk: 35) == viterbi.advance(whole[15..<50], chunk: 35))
        }
    }

    /// A class that lasts, then another: with transitions that whole recordings need, six frames of lookahead do not pay for the change.
    @Test func aShortLookaheadBoundsTheWeightOfTransitions() {
        let rows: [[Float]] = Array(repeating: [0.8, 0.2], count: 20) + Array(repeating: [0.2, 0.8], count: 30)
        var model = TransitionModel.estimate(
            from: [Array(repeating: 0, count: 500) + Array(repeating: 1, count: 500)], classes: 2)
        model.transitionWeight = 3
        SimulatedPosteriors(rows: rows).withView { whole in
            /// The first frame of the second class, read in chunks of five with six more behind them.
            func change(_ viterbi: FrameViterbi) -> Int? {
                var viterbi = viterbi
                var labels: [Int] = []
                for start in stride(from: 0, to: 40, by: 5) {
                    let window = viterbi.advance(whole[start..<start + 11], chunk: 5)
                    labels += window.prefix(5).map(\.label)
                }
                return labels.firstIndex(of: 1)
            }
            #expect(change(FrameViterbi(model, lookahead: 6)) == 20)
            #expect((change(FrameViterbi(model)) ?? 40) > 20)
            #expect(FrameViterbi.smooth(whole, with: model).map(\.label).firstIndex(of: 1) == 20)
            // A long one changes nothing.
            #expect(change(FrameViterbi(model, lookahead: 24)) == change(FrameViterbi(model)))
        }
    }

    @Test func smoothingRemovesAFlicker() {
        let rows: [[Float]] =
            Array(repeating: [0.9, 0.1], count: 10) + [[0.4, 0.6]] + Array(repeating: [0.9, 0.1], count: 10)
        let model = TransitionModel.estimate(
            from: [Array(repeating: 0, count: 100) + Array(repeating: 1, count: 100)], classes: 2)
        let labels = SimulatedPosteriors(rows: rows).withView { FrameViterbi.smooth($0, with: model) }
        #expect(labels.allSatisfy { $0.label == 0 })
        #expect(abs(labels[10].confidence - 0.4) < 1e-5)
        let segments = LabelSegment.joining(labels)
        #expect(segments.count == 1 && segments[0].frames == 0..<21)
    }

    @Test func deadChannelsAreSurvived() {
        Posteriors.withView(of: [Float](repeating: .nan, count: 30), labels: 3) { posteriors in
            let labels = FrameViterbi.smooth(posteriors, with: Self.model())
            #expect(labels.count == 10 && labels.allSatisfy { $0.confidence == 0 })
        }
    }
}

@Suite struct LabelSegmentTests {
    @Test func equalNeighboursAreJoinedAcrossCalls() {
        func labels(_ values: [Int]) -> [FrameLabel] {
            values.map { FrameLabel(label: $0, confidence: Float($0) / 10) }
        }
        var segments = LabelSegment.joining(labels([1, 1, 2]))
        segments.join(labels([2, 2, 3]), from: 3)
        #expect(segments.map(\.label) == [1, 2, 3])
        #expect(segments.map(\.frames) == [0..<2, 2..<5, 5..<6])
        #expect(zip(segments.map(\.confidence), [0.1, 0.2, 0.3]).allSatisfy { abs($0 - $1) < 1e-6 })
        segments.join(labels([3]), from: 8)
        #expect(segments.map(\.frames).suffix(2) == [5..<6, 8..<9])
    }
}
