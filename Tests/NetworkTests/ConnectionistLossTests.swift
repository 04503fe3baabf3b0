import DuctusNetwork
import Foundation
import Testing

/// Losses of a network that is a linear layer alone, so that posteriors can be set at will.
@Suite struct ConnectionistLossTests {
    private static let architecture = Architecture(
        input: 3, layers: [.linear(Linear(in: 3, out: 3)), .logSoftmax])
    /// Scores are the input itself.
    private static let identity: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]

    private func loss(_ frames: [Float], _ labels: [Int32]) throws -> LossReport {
        var batch = Batch(dimension: 3)
        batch.append(frames)
        return try Backpropagation(architecture: Self.architecture, parameters: Self.identity)
            .computeGradient(of: batch, targets: [.ctc(labels)], reduction: .sum)
    }

    /// Adds up every path that reads as `labels`: exact, and only possible for few frames.
    private func probability(_ frames: [Float], of labels: [Int32]) -> Double {
        let count = frames.count / 3
        let posteriors = (0..<count).map { frame -> [Double] in
            let row = (0..<3).map { exp(Double(frames[frame * 3 + $0])) }
            return row.map { $0 / row.reduce(0, +) }
        }
        var total = 0.0
        for code in 0..<Int(pow(3.0, Double(count))) {
            var (rest, product, read, last) = (code, 1.0, [Int32](), 0)
            for frame in 0..<count {
                let label = rest % 3
                rest /= 3
                product *= posteriors[frame][label]
                if label != 0, label != last { read.append(Int32(label)) }
                last = label
            }
            if read == labels { total += product }
        }
        return total
    }

    @Test(arguments: [[], [1], [2, 1], [1, 1], [1, 2, 1], [2, 2, 2], [1, 1, 2, 2]] as [[Int32]])
    func theLossIsThatOfAllPaths(labels: [Int32]) throws {
        let frames = TestNetworks.frames(7, dimension: 3, seed: 12)
        let report = try loss(frames, labels)
        #expect(abs(report.sum + log(probability(frames, of: labels))) < 1e-5)
    }

    @Test func labelsThatDoNotFitAreReportedAndCountForNothing() throws {
        var batch = TestNetworks.batch([3, 4, 0], dimension: 3)
        batch.append(TestNetworks.frames(2, dimension: 3, seed: 4))
        let backpropagation = try Backpropagation(architecture: Self.architecture, parameters: Self.identity)
        // Two equal labels need three frames; three need five; nothing fits without a frame.
        let report = try backpropagation.computeGradient(
            of: batch, targets: [.ctc([1, 1]), .ctc([2, 2, 2]), .ctc([]), .ctc([1, 2, 1])], reduction: .perLabel)
        #expect(report.unfit == [1, 2, 3])
        #expect(report.labels == 2)
        #expect(report.perSequence[0] > 0 && report.perSequence[1...].allSatisfy { $0 == 0 })
        var alone = Batch(dimension: 3)
        alone.append(Array(batch.frames[..<9]))
        let gradient = backpropagation.gradient
        try backpropagation.computeGradient(of: alone, targets: [.ctc([1, 1])], reduction: .perLabel)
        #expect(largestDifference(backpropagation.gradient, gradient) < 1e-7)
    }

    @Test func certainPosteriorsAndLongSequencesStayFinite() throws {
        // Hopeless certainty: the label's score is 200 below the blank's.
        let wrong = (0..<3000).flatMap { _ in [200, 0, 0] as [Float] }
        let report = try loss(wrong, [1, 2, 1])
        #expect(report.sum > 500 && report.sum.isFinite && report.nonFinite.isEmpty)
        let right = try loss(
            (0..<3000).flatMap { $0 % 2 == 0 ? [0, 60, 0] as [Float] : [60, 0, 0] }, [Int32](repeating: 1, count: 1500))
        #expect(abs(right.sum) < 0.01)
    }

    @Test func explodedWeightsAreReported() throws {
        var batch = Batch(dimension: 3)
        batch.append([.nan, 0, 0, 0, 0, 0])
        batch.append([0, 0, 0, 0, 0, 0])
        let backpropagation = try Backpropagation(architecture: Self.architecture, parameters: Self.identity)
        let report = try backpropagation.computeGradient(of: batch, targets: [.ctc([1]), .ctc([1])], reduction: .sum)
        #expect(report.nonFinite == [0])
        #expect(report.sum.isFinite)
    }

    @Test func ignoredFramesCountForNothing() throws {
        let batch = TestNetworks.batch([4], dimension: 3)
        let backpropagation = try Backpropagation(architecture: Self.architecture, parameters: Self.identity)
        let report = try backpropagation.computeGradient(
            of: batch, targets: [.frames([-1, -1, -1, -1])], reduction: .perLabel)
        #expect(report.loss == 0 && report.labels == 0)
        #expect(backpropagation.gradient.allSatisfy { $0 == 0 })
    }

    @Test func wrongTargetsAreRefused() throws {
        let backpropagation = try Backpropagation(architecture: Self.architecture, parameters: Self.identity)
        let batch = TestNetworks.batch([4], dimension: 3)
        func run(_ targets: [Target]) throws {
            try backpropagation.computeGradient(of: batch, targets: targets, reduction: .sum)
        }
        #expect(throws: NetworkError.labelOutOfRange(sequence: 0, label: 3, labels: 3)) { try run([.ctc([3])]) }
        #expect(throws: NetworkError.labelOutOfRange(sequence: 0, label: 0, labels: 3)) { try run([.ctc([0])]) }
        #expect(throws: NetworkError.labelOutOfRange(sequence: 0, label: -2, labels: 3)) {
            try run([.frames([0, 1, 2, -2])])
        }
        #expect(throws: NetworkError.wrongLabelCount(sequence: 0, expected: 4, found: 1)) { try run([.frames([0])]) }
        #expect(throws: NetworkError.wrongCount(what: "targets", expected: 1, found: 0)) { try run([]) }
        #expect(throws: NetworkError.lossNeedsLogSoftmax) {
            try Backpropagation(
                architecture: Architecture(input: 1, layers: [.linear(Linear(in: 1, out: 2))]),
                parameters: [0, 0, 0, 0])
        }
    }
}
