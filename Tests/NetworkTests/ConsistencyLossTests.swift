import DuctusNetwork
import DuctusRandomness
import Foundation
import Testing

/// Two views of a sequence pull each other's posteriors together, and neither follows its own pull.
@Suite struct ConsistencyLossTests {
    private static let architecture = Architecture(
        input: 3, layers: [.linear(.init(in: 3, out: 4)), .logSoftmax])

    private static func views(_ random: inout SplitMix64, frames: Int) -> Batch {
        var batch = Batch(dimension: 3)
        for _ in 0..<4 { batch.append((0..<frames * 3).map { _ in random.normal() }) }
        return batch
    }

    private static let targets = [Target.ctc([1, 2]), .ctc([1, 2]), .ctc([3]), .ctc([3])]

    /// Log posteriors of each sequence, in double precision.
    private static func logPosteriors(_ batch: Batch, _ parameters: [Float]) throws -> [[Double]] {
        let network = try Network(architecture: architecture, parameters: parameters)
        let output = try network.forward(batch, workspace: Workspace())
        return (0..<output.count).map { output[$0].values.map(Double.init) }
    }

    /// Σ over pairs of KL(q ‖ p) + KL(p ‖ q), where what stands on the left is fixed.
    private static func pull(of fixed: [[Double]], on moving: [[Double]]) -> Double {
        var sum = 0.0
        for first in stride(from: 0, to: fixed.count, by: 2) {
            for (source, sink) in [(first, first + 1), (first + 1, first)] {
                for (f, m) in zip(fixed[source], moving[sink]) { sum += Foundation.exp(f) * (f - m) }
            }
        }
        return sum
    }

    @Test func gradient_isThatOfBothDivergences_withTheOtherViewFixed() throws {
        var random = SplitMix64(seed: 5)
        let batch = Self.views(&random, frames: 6)
        let parameters = (0..<16).map { _ in random.normal(deviation: 0.7) }
        for threads in [1, 2] {
            let network = try Backpropagation(
                architecture: Self.architecture, parameters: parameters, threads: threads)
            try network.computeGradient(of: batch, targets: Self.targets, reduction: .sum)
            let plain = network.gradient
            let report = try network.computeGradient(
                of: batch, targets: Self.targets, reduction: .sum, consistency: 0.5)
            let fixed = try Self.logPosteriors(batch, parameters)
            #expect(abs(report.consistency - Self.pull(of: fixed, on: fixed) / 2) < 1e-4)
            for index in parameters.indices {
                var (above, below) = (parameters, parameters)
                above[index] += 1e-2
                below[index] -= 1e-2
                let expected =
                    0.5
                    * (Self.pull(of: fixed, on: try Self.logPosteriors(batch, above))
                        - Self.pull(of: fixed, on: try Self.logPosteriors(batch, below))) / 2e-2
                #expect(abs(Double(network.gradient[index] - plain[index]) - expected) < 5e-3 * (1 + abs(expected)))
            }
        }
    }

    @Test func sameViews_changeNothing() throws {
        var random = SplitMix64(seed: 6)
        let line = (0..<24).map { _ in random.normal() }
        var batch = Batch(dimension: 3)
        batch.append(line)
        batch.append(line)
        let network = try Backpropagation(
            architecture: Self.architecture, parameters: (0..<16).map { _ in random.normal() })
        try network.computeGradient(of: batch, targets: [.ctc([1]), .ctc([1])], reduction: .sum)
        let plain = network.gradient
        let report = try network.computeGradient(
            of: batch, targets: [.ctc([1]), .ctc([1])], reduction: .sum, consistency: 1)
        #expect(report.consistency == 0)
        #expect(network.gradient == plain)
    }

    @Test func viewsOfDifferentLength_areRefused() throws {
        var batch = Batch(dimension: 3)
        batch.append([Float](repeating: 0, count: 9))
        batch.append([Float](repeating: 0, count: 12))
        let network = try Backpropagation(
            architecture: Self.architecture, parameters: [Float](repeating: 0, count: 16))
        #expect(throws: NetworkError.viewsOfDifferentLength(sequence: 0, expected: 3, found: 4)) {
            try network.computeGradient(
                of: batch, targets: [.ctc([1]), .ctc([1])], reduction: .sum, consistency: 1)
        }
    }
}
