import DuctusNetwork
import DuctusRandomness
import Foundation
import Testing

@Suite struct OptimizerTests {
    private static let layout = ParameterLayout(
        Architecture(input: 3, layers: [.linear(Linear(in: 3, out: 4)), .linear(Linear(in: 4, out: 5)), .logSoftmax]))

    /// The formulas of the papers, in double precision, one parameter at a time.
    @Test func adamWFollowsItsFormula() {
        let count = Self.layout.count
        var generator = SplitMix64(seed: 1)
        var parameters = (0..<count).map { _ in generator.normal() }
        var expected = parameters.map(Double.init)
        var (mean, square) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        let decay = ParameterMask.weights(Self.layout)
        var optimizer = AdamW(count: count, beta1: 0.9, beta2: 0.98, weightDecay: 0.1, decay: decay)
        for step in 1...20 {
            let gradient = (0..<count).map { _ in generator.normal() }
            optimizer.update(&parameters, gradient: gradient, learningRate: 0.01, mask: nil)
            for i in 0..<count {
                if decay.ranges.contains(where: { $0.contains(i) }) { expected[i] -= 0.01 * 0.1 * expected[i] }
                mean[i] = 0.9 * mean[i] + 0.1 * Double(gradient[i])
                square[i] = 0.98 * square[i] + 0.02 * Double(gradient[i]) * Double(gradient[i])
                let first = mean[i] / (1 - pow(0.9, Double(step)))
                let second = square[i] / (1 - pow(0.98, Double(step)))
                expected[i] -= 0.01 * first / (second.squareRoot() + 1e-8)
            }
        }
        #expect(largestDifference(parameters, expected.map(Float.init)) < 1e-4)
    }

    @Test func momentumGathersSpeed() {
        var parameters: [Float] = [1]
        var optimizer = SGD(count: 1, momentum: 0.5, weightDecay: 0.1)
        optimizer.update(&parameters, gradient: [1], learningRate: 0.1, mask: nil)
        #expect(abs(parameters[0] - 0.89) < 1e-6)
        optimizer.update(&parameters, gradient: [1], learningRate: 0.1, mask: nil)
        // velocity = 0.5 · 1.1 + 1 + 0.1 · 0.89
        #expect(abs(parameters[0] - (0.89 - 0.1639)) < 1e-6)
    }

    @Test func onlyWhatTheMaskCoversIsTrained() {
        let count = Self.layout.count
        let before = [Float](repeating: 1, count: count)
        let mask = ParameterMask.output(Self.layout)
        for var optimizer in [AdamW(count: count, weightDecay: 0.1), SGD(count: count)] as [any Optimizer] {
            var parameters = before
            optimizer.update(&parameters, gradient: before, learningRate: 0.1, mask: mask)
            for index in 0..<count { #expect((parameters[index] == 1) == !Self.layout.layers[1].contains(index)) }
        }
        var gradient = before
        mask.apply(to: &gradient)
        #expect(gradient.reduce(0, +) == Float(mask.count) && mask.count == 25)
        #expect(ParameterMask.layers([0], Self.layout).ranges == [Self.layout.layers[0]])
        #expect(ParameterMask.all(Self.layout).ranges == [0..<count])
        #expect(mask.intersection(.weights(Self.layout)).count == 20)
    }

    @Test func aRestoredOptimizerGoesOnExactly() throws {
        var generator = SplitMix64(seed: 4)
        let gradients = (0..<10).map { _ in (0..<6).map { _ in generator.normal() } }
        func check(_ fresh: some Optimizer) throws {
            var (optimizer, parameters) = (fresh, [Float](repeating: 0.5, count: 6))
            for gradient in gradients[..<5] {
                optimizer.update(&parameters, gradient: gradient, learningRate: 0.01, mask: nil)
            }
            let file = Safetensors(tensors: optimizer.tensors(), metadata: [:])
            var (resumed, copy) = (fresh, parameters)
            try resumed.restore(Safetensors(bytes: [UInt8](file.encoded())).tensors)
            for gradient in gradients[5...] {
                optimizer.update(&parameters, gradient: gradient, learningRate: 0.01, mask: nil)
                resumed.update(&copy, gradient: gradient, learningRate: 0.01, mask: nil)
            }
            #expect(parameters == copy)
        }
        try check(AdamW(count: 6, weightDecay: 0.01))
        try check(SGD(count: 6))
        var other = AdamW(count: 5)
        #expect(throws: OptimizerError.wrongCount(tensor: "optimizer.mean", expected: 5, found: 6)) {
            try other.restore(AdamW(count: 6).tensors())
        }
        #expect(throws: OptimizerError.missing("optimizer.mean")) { try other.restore([:]) }
    }

    @Test func theScheduleRisesAndFalls() {
        let schedule = LearningRateSchedule(peak: 2, warmUp: 4, total: 104, floor: 0.1)
        #expect(schedule.rate(at: 0) == 0.5)
        #expect(schedule.rate(at: 3) == 2)
        #expect(schedule.rate(at: 4) == 2)
        #expect(abs(schedule.rate(at: 54) - 1.1) < 1e-5)
        #expect(abs(schedule.rate(at: 104) - 0.2) < 1e-5)
        #expect(schedule.rate(at: 9999) == schedule.rate(at: 104))
        #expect((4..<103).allSatisfy { schedule.rate(at: $0 + 1) < schedule.rate(at: $0) })
    }

    @Test func theAverageFollowsSlowly() {
        var average = MovingAverage(decay: 0.5, parameters: [0])
        average.update([1])  // decay 1/10 at first
        #expect(abs(average.average[0] - 0.9) < 1e-6)
        for _ in 0..<20 { average.update([1]) }
        #expect(average.steps == 21)
        average.update([0])
        #expect(abs(average.average[0] - 0.5) < 1e-3)
    }

    @Test func normsAreByLayerAndClippingKeepsTheDirection() {
        var gradient = [Float](repeating: 0, count: Self.layout.count)
        gradient[0] = 3
        gradient[Self.layout.layers[1].lowerBound] = 4
        let norms = GradientNorms(gradient, Self.layout)
        #expect(norms.layers == [3, 4, 0] && norms.total == 5)
        #expect(GradientNorms.clip(&gradient, toNorm: 10) == 5 && gradient[0] == 3)
        #expect(GradientNorms.clip(&gradient, toNorm: 1) == 5)
        #expect(abs(gradient[0] - 0.6) < 1e-6)
        gradient[1] = .nan
        #expect(GradientNorms.clip(&gradient, toNorm: 1).isNaN)
        #expect(gradient.allSatisfy { $0 == 0 })
    }

    @Test func thePullLeadsBackAsStronglyAsItsWeights() {
        var fisher = FisherDiagonal(count: 2)
        fisher.accumulate([1, 0])
        fisher.accumulate([3, 2])
        #expect(fisher.values == [5, 2] && fisher.sequences == 2)
        let pull = QuadraticPull(base: [1, 1], weights: fisher.values, strength: 0.5)
        var gradient: [Float] = [0, 10]
        pull.add(to: &gradient, at: [2, 3])
        #expect(gradient == [2.5, 12])
        #expect(abs(pull.loss(at: [2, 3]) - 0.25 * (5 + 8)) < 1e-9)
        var plain: [Float] = [0, 0]
        QuadraticPull(base: [1, 1], strength: 2).add(to: &plain, at: [0, 2])
        #expect(plain == [-2, 2])
    }
}
