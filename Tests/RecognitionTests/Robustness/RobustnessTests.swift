import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import Foundation
import Testing

@Suite struct RobustnessTests {
    private let workspace = Workspace()

    private func loss(_ model: Model, _ strokes: [Stroke], _ labels: [Int32]) throws -> Double {
        var gradient = try InkGradient(model)
        let backpropagation = try Backpropagation(
            architecture: model.network.architecture, parameters: model.network.parameters)
        var batch = Batch(dimension: model.network.architecture.input)
        batch.append(gradient.frames(of: strokes))
        return try backpropagation.computeLoss(of: batch, targets: [.ctc(labels)], reduction: .sum).sum
    }

    @Test func slopesAreThoseOfTheLoss() throws {
        let model = try tinyModel()
        let strokes = scribble(strokes: 2, seed: 3)
        var gradient = try InkGradient(model)
        let slopes = try gradient.slopes(of: strokes, reading: [1, 2], step: 0.02)
        #expect(slopes.count == 80)
        let frames = gradient.frames(of: strokes).count
        var compared = 0
        for (stroke, sample) in [(0, 7), (0, 21), (1, 4), (1, 30)] {
            for (coordinate, slope) in [
                (\Sample.x, slopes[40 * stroke + sample].x), (\Sample.y, slopes[40 * stroke + sample].y),
            ] {
                var (above, below) = (strokes, strokes)
                above[stroke].samples[sample][keyPath: coordinate] += 0.02
                below[stroke].samples[sample][keyPath: coordinate] -= 0.02
                guard gradient.frames(of: above).count == frames, gradient.frames(of: below).count == frames else {
                    continue
                }
                let expected = Float((try loss(model, above, [1, 2]) - loss(model, below, [1, 2])) / 0.04)
                #expect(abs(slope - expected) < 0.02 * max(1, abs(expected)))
                compared += 1
            }
        }
        #expect(compared >= 4)
    }

    @Test func theGradientNeedsLessThanChance() throws {
        let model = try tinyModel()
        let lines = (0..<6).map { InkLine(id: "\($0)", strokes: scribble(strokes: 3, seed: UInt64($0))) }
        var study = RobustnessStudy()
        study.draws = 6
        let found = try study.run(model, on: lines, threads: 1)
        #expect(!found.isEmpty)
        let turned = found.filter { $0.size != nil }
        #expect(!turned.isEmpty)
        for line in turned {
            let size = try #require(line.size)
            #expect(size > 0 && size <= study.largest && line.before != line.after)
            if let random = line.randomSize { #expect(random >= size) }
        }
        // The same on two threads.
        #expect(try study.run(model, on: lines, threads: 2) == found)
    }
}
