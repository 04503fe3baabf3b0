import DuctusDecoding
import Testing

@Suite struct BestPathTests {
    @Test func repeatsAreMergedAndBlanksDropped() {
        let rows: [[Float]] = [
            [0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.9, 0.05, 0.05], [0.1, 0.6, 0.3], [0.1, 0.2, 0.7],
        ]
        let best = SimulatedPosteriors(rows: rows).withView(BestPath.decode)
        #expect(best.labels == [1, 1, 2])
        #expect(best.symbols.map(\.frames) == [1..<3, 4..<5, 5..<6])
        let confidences = best.symbols.map(\.confidence)
        #expect(zip(confidences, [0.8, 0.6, 0.7]).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test(arguments: 0..<20) func piecesGiveWhatOnePassGives(seed: Int) {
        let posteriors = SimulatedPosteriors.diffuse(frames: 40, labels: 4, seed: UInt64(seed))
        posteriors.withView { whole in
            var path = BestPath()
            let cut = seed * 2
            path.advance(whole[0..<cut])
            path.advance(whole[cut..<whole.frames])
            #expect(path.hypothesis == BestPath.decode(whole))
            #expect(path.frameCount == 40)
        }
    }

    @Test func aSymbolThatMayHaveBeenLeftOutIsToldFrom() {
        func count(_ between: [Float]) -> Int {
            let rows: [[Float]] = [
                [0.04, 0.94, 0.01, 0.01], between, [0.04, 0.01, 0.94, 0.01], [0.97, 0.01, 0.01, 0.01],
            ]
            return SimulatedPosteriors(rows: rows).withView { posteriors in
                var path = BestPath()
                path.advance(posteriors)
                #expect(path.symbols.map(\.label) == [1, 2])
                return path.surelyCompleteCount
            }
        }
        // The slopes of the symbols on either side are none.
        #expect(count([0.5, 0.3, 0.19, 0.01]) > 2)
        #expect(count([0.5, 0.2, 0.1, 0.2]) == 1)
    }

    @Test func aResetForgets() {
        SimulatedPosteriors.diffuse(frames: 10, labels: 4, seed: 1).withView { posteriors in
            var path = BestPath()
            path.advance(posteriors)
            path.reset()
            #expect(path.symbols.isEmpty && path.frameCount == 0)
            path.advance(posteriors)
            #expect(path.hypothesis == BestPath.decode(posteriors))
        }
    }
}
