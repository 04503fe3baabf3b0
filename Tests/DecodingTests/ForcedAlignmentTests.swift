import DuctusDecoding
import Foundation
import Testing

@Suite struct ForcedAlignmentTests {
    /// Every path that spells `labels`, by enumeration, with its log probability.
    private func paths(_ posteriors: SimulatedPosteriors, _ labels: [Int]) -> [(path: [Int], score: Double)] {
        var result: [(path: [Int], score: Double)] = []
        var total = 1
        for _ in 0..<posteriors.frames { total *= posteriors.labels }
        for code in 0..<total {
            var (rest, path) = (code, [Int]())
            for _ in 0..<posteriors.frames {
                path.append(rest % posteriors.labels)
                rest /= posteriors.labels
            }
            let text = path.indices.filter { path[$0] != 0 && ($0 == 0 || path[$0 - 1] != path[$0]) }.map { path[$0] }
            guard text == labels else { continue }
            let score = path.enumerated().reduce(0.0) {
                $0 + Double(posteriors.values[$1.offset * posteriors.labels + $1.element])
            }
            result.append((path, score))
        }
        return result
    }

    @Test(arguments: 0..<8, [[], [1], [1, 1], [2, 1], [1, 2, 1], [2, 2, 1]])
    func itIsTheLikeliestOfAllPaths(seed: Int, labels: [Int]) throws {
        let posteriors = SimulatedPosteriors.diffuse(frames: 6, labels: 3, seed: UInt64(seed))
        let all = paths(posteriors, labels)
        let best = try #require(all.max { $0.score < $1.score })
        try posteriors.withView { view in
            let alignment = try #require(ForcedAlignment.align(view, labels: labels))
            #expect(abs(Double(alignment.logProbability) - best.score) < 1e-4)
            #expect(alignment.symbols.map(\.label) == labels)
            var path = [Int](repeating: 0, count: 6)
            for symbol in alignment.symbols { for frame in symbol.frames { path[frame] = symbol.label } }
            #expect(path == best.path)
            let sum = log(all.reduce(0) { $0 + exp($1.score) })
            #expect(abs(Double(ForcedAlignment.ctcLogProbability(view, labels: labels)) - sum) < 1e-4)
        }
    }

    @Test func whatCannotFitIsSaid() {
        SimulatedPosteriors.diffuse(frames: 3, labels: 3, seed: 1).withView { view in
            #expect(ForcedAlignment.align(view, labels: [1, 2, 1, 2]) == nil)
            #expect(ForcedAlignment.align(view, labels: [1, 1, 2]) == nil)
            #expect(ForcedAlignment.align(view, labels: [3]) == nil)
            #expect(ForcedAlignment.align(view, labels: [0]) == nil)
            #expect(ForcedAlignment.ctcLogProbability(view, labels: [1, 1, 2]) == -.infinity)
            #expect(ForcedAlignment.align(view, labels: [1, 2, 1]) != nil)
            #expect(ForcedAlignment.align(view[0..<0], labels: [])?.logProbability == 0)
            #expect(ForcedAlignment.ctcLogProbability(view[0..<0], labels: []) == 0)
        }
    }
}
