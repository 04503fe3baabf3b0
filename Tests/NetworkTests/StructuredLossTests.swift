import DuctusNetwork
import DuctusRandomness
import Foundation
import Testing

/// Random fields and minimum risk against the enumeration of everything there is.
@Suite struct StructuredLossTests {
    /// All label sequences of that length.
    private func sequences(_ length: Int, labels: Int) -> [[Int]] {
        (0..<length).reduce([[]]) { all, _ in all.flatMap { start in (0..<labels).map { start + [$0] } } }
    }

    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in generator.normal() }
    }

    private func score(_ chain: LinearChain, _ path: [Int], _ scores: [Float]) -> Double {
        var sum = Double(chain.start[path[0]]) + Double(chain.end[path[path.count - 1]])
        for (frame, label) in path.enumerated() {
            sum += Double(scores[frame * chain.labels + label])
            if frame > 0 { sum += Double(chain.transitions[path[frame - 1] * chain.labels + label]) }
        }
        return sum
    }

    @Test(arguments: 1...5, [2, 3])
    func aRandomFieldIsWhatEnumerationSays(frames: Int, labels: Int) throws {
        let architecture = Architecture(
            input: labels, layers: [.conditionalRandomField(.init(labels: labels))])
        var parameters = numbers(labels * labels + 2 * labels, seed: UInt64(frames))
        let network = try Network(architecture: architecture, parameters: parameters)
        let chain = try #require(LinearChain(network, layer: 0))
        let scores = numbers(frames * labels, seed: 99)
        let all = sequences(frames, labels: labels)
        let values = all.map { score(chain, $0, scores) }
        let total = log(values.reduce(0) { $0 + exp($1) })

        let best = chain.bestPath(scores)
        let expected = zip(all, values).max { $0.1 < $1.1 }
        #expect(best.labels == expected?.0)
        #expect(abs(Double(best.score) - (expected?.1 ?? 0)) < 1e-5)

        var batch = Batch(dimension: labels)
        batch.append(scores)
        let output = try network.forward(batch, workspace: Workspace())
        for frame in 0..<frames {
            for label in 0..<labels {
                let share = zip(all, values).reduce(0) { $0 + ($1.0[frame] == label ? exp($1.1 - total) : 0) }
                #expect(abs(exp(Double(output.values[frame * labels + label])) - share) < 1e-5)
            }
        }

        // A frame without a label may be anything.
        let given = (0..<frames).map { $0 % 3 == 1 ? Target.ignored : Int32($0 % labels) }
        func loss() throws -> Double {
            let backpropagation = try Backpropagation(architecture: architecture, parameters: parameters)
            return try backpropagation.computeLoss(of: batch, targets: [.frames(given)], reduction: .sum).sum
        }
        let agreeing = zip(all, values).reduce(0) { sum, item in
            sum + (zip(item.0, given).allSatisfy { $1 == Target.ignored || Int32($0) == $1 } ? exp(item.1) : 0)
        }
        #expect(abs(try loss() - (total - log(agreeing))) < 1e-4)

        let backpropagation = try Backpropagation(architecture: architecture, parameters: parameters)
        try backpropagation.computeGradient(of: batch, targets: [.frames(given)], reduction: .sum)
        for index in parameters.indices {
            let own = parameters[index]
            parameters[index] = own + 0.01
            let above = try loss()
            parameters[index] = own - 0.01
            let below = try loss()
            parameters[index] = own
            #expect(abs(Double(backpropagation.gradient[index]) - (above - below) / 0.02) < 2e-3)
        }
    }

    /// With every label sequence among the readings, the risk is the expected number of errors of what the network
    /// reads.
    @Test func minimumRiskIsTheExpectationOverAllReadings() throws {
        let (frames, classes) = (4, 3)
        let architecture = Architecture(
            input: classes, layers: [.linear(.init(in: classes, out: classes)), .logSoftmax])
        var parameters: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
        let scores = numbers(frames * classes, seed: 7)
        var batch = Batch(dimension: classes)
        batch.append(scores)
        func read(_ path: [Int]) -> [Int32] {
            path.enumerated().filter { $1 != 0 && ($0 == 0 || path[$0 - 1] != $1) }.map { Int32($1) }
        }
        let reference: [Int32] = [1, 2]
        func errors(_ labels: [Int32]) -> Float { Float(abs(labels.count - 2)) + (labels.first == 1 ? 0 : 1) }
        func risk(_ network: Network) throws -> Double {
            let output = try network.forward(batch, workspace: Workspace())
            return withExtendedLifetime(output) {
                sequences(frames, labels: classes).reduce(0) { sum, path in
                    let logarithm = path.enumerated().reduce(Float(0)) { $0 + output.values[$1.0 * classes + $1.1] }
                    return sum + exp(Double(logarithm)) * Double(errors(read(path)))
                }
            }
        }
        let readings = Set(sequences(frames, labels: classes).map(read)).map {
            MinimumRisk.Reading(labels: $0, errors: errors($0))
        }
        let loss = MinimumRisk(readings: readings, reference: reference, referenceWeight: 0)
        let backpropagation = try Backpropagation(architecture: architecture, parameters: parameters)
        let report = try backpropagation.computeGradient(of: batch, losses: [loss], reduction: .sum)
        #expect(abs(report.sum - (try risk(try Network(architecture: architecture, parameters: parameters)))) < 1e-5)
        for index in parameters.indices {
            let own = parameters[index]
            parameters[index] = own + 0.01
            let above = try risk(Network(architecture: architecture, parameters: parameters))
            parameters[index] = own - 0.01
            let below = try risk(Network(architecture: architecture, parameters: parameters))
            parameters[index] = own
            #expect(abs(Double(backpropagation.gradient[index]) - (above - below) / 0.02) < 1e-3)
        }
    }

    @Test func smoothingMixesInWhatIsEvenlyLikely() throws {
        let architecture = Architecture(input: 3, layers: [.linear(.init(in: 3, out: 3)), .logSoftmax])
        let parameters = numbers(12, seed: 5)
        let backpropagation = try Backpropagation(architecture: architecture, parameters: parameters)
        let batch = TestNetworks.batch([5], dimension: 3)
        let base = FrameTarget(labels: [0, 2, Target.ignored, 1, 1])
        let smoothed = SmoothedLoss(base, amount: 0.2)
        let report = try backpropagation.computeGradient(of: batch, losses: [smoothed], reduction: .sum)
        let output = try Network(architecture: architecture, parameters: parameters).forward(
            batch, workspace: Workspace())
        var expected = 0.0
        for (frame, label) in base.labels.enumerated() where label != Target.ignored {
            let row = output[0].values[frame * 3..<frame * 3 + 3]
            expected -= 0.8 * Double(row[frame * 3 + Int(label)]) + 0.2 * Double(row.reduce(0, +)) / 3
        }
        #expect(abs(report.sum - expected) < 1e-5)
        let gradient = backpropagation.gradient
        for index in parameters.indices {
            var moved = parameters
            func loss(_ step: Float) throws -> Double {
                moved[index] = parameters[index] + step
                return try Backpropagation(architecture: architecture, parameters: moved).computeLoss(
                    of: batch, losses: [smoothed], reduction: .sum
                ).sum
            }
            #expect(abs(Double(gradient[index]) - (try loss(0.01) - loss(-0.01)) / 0.02) < 1e-3)
        }
    }

    @Test func badTargetsAreNamed() throws {
        let architecture = Architecture(input: 3, layers: [.linear(.init(in: 3, out: 3)), .logSoftmax])
        let backpropagation = try Backpropagation(architecture: architecture, parameters: numbers(12, seed: 5))
        let batch = TestNetworks.batch([5], dimension: 3)
        for loss: any Loss in [
            MinimumRisk(readings: [], reference: [1]),
            MinimumRisk(readings: [.init(labels: [3], errors: 1)], reference: [1]),
            MinimumRisk(readings: [.init(labels: [1], errors: .nan)], reference: [1]),
            SmoothedLoss(ConnectionistTarget(labels: [1]), amount: 2),
        ] {
            #expect(throws: NetworkError.self) {
                try backpropagation.computeLoss(of: batch, losses: [loss], reduction: .sum)
            }
        }
        let field = Architecture(input: 3, layers: [.conditionalRandomField(.init(labels: 3))])
        let structured = try Backpropagation(architecture: field, parameters: numbers(15, seed: 5))
        #expect(throws: NetworkError.self) {
            try structured.computeLoss(of: batch, targets: [.ctc([1])], reduction: .sum)
        }
        #expect(throws: NetworkError.unknownHead("no", known: [])) {
            try backpropagation.computeLoss(
                of: batch, targets: [.ctc([1])], reduction: .sum,
                heads: [HeadLosses(head: "no", losses: [ConnectionistTarget(labels: [1])], weight: 1)])
        }
    }
}
