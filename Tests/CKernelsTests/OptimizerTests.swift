import CDuctusKernels
import DuctusRandomness
import Foundation
import Testing

@Suite struct OptimizerTests {
    /// Kingma & Ba's algorithm with decoupled decay, in double precision.
    @Test(arguments: KernelTable.available)
    func adamFollowsItsDefinition(table: KernelTable) {
        var random = SplitMix64(seed: 8)
        let count = 37
        let weight = Buffer(random.normals(count)), first = Buffer(zeros: count), second = Buffer(zeros: count)
        var (w, m, v) = (
            weight.values.map(Double.init), [Double](repeating: 0, count: count), [Double](repeating: 0, count: count)
        )
        for step in 1...5 {
            let gradient = Buffer(random.normals(count))
            var settings = ductus_adam(
                learning_rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.1, gradient_scale: 0.5,
                step: Int64(step))
            table.kernels.adam(&settings, gradient.pointer, first.pointer, second.pointer, weight.pointer, count)
            for i in 0..<count {
                let g = 0.5 * Double(gradient.values[i])
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.99 * v[i] + 0.01 * g * g
                let (mean, square) = (m[i] / (1 - pow(0.9, Double(step))), v[i] / (1 - pow(0.99, Double(step))))
                w[i] = w[i] * (1 - 0.01 * 0.1) - 0.01 * mean / (square.squareRoot() + 1e-8)
            }
        }
        #expect(distance(weight.values, w) < 2e-6)
        #expect(distance(first.values, m) < 1e-6)
        #expect(distance(second.values, v) < 1e-6)
    }

    @Test(arguments: KernelTable.available)
    func momentumFollowsItsDefinition(table: KernelTable) {
        var random = SplitMix64(seed: 9)
        let count = 37
        let weight = Buffer(random.normals(count)), velocity = Buffer(zeros: count)
        var (w, v) = (weight.values.map(Double.init), [Double](repeating: 0, count: count))
        for _ in 0..<4 {
            let gradient = Buffer(random.normals(count))
            table.kernels.momentum(0.1, 0.9, 0.01, 0.5, gradient.pointer, velocity.pointer, weight.pointer, count)
            for i in 0..<count {
                v[i] = 0.9 * v[i] + 0.5 * Double(gradient.values[i]) + 0.01 * w[i]
                w[i] -= 0.1 * v[i]
            }
        }
        #expect(distance(weight.values, w) < 2e-6)
    }
}
