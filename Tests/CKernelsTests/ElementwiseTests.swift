import CDuctusKernels
import DuctusRandomness
import Foundation
import Testing

@Suite struct ElementwiseTests {
    /// A count that leaves a tail for every lane count.
    private let count = 1003
    private func inputs(_ scale: Float = 6) -> [Float] {
        var random = SplitMix64(seed: 5)
        return random.normals(count, deviation: scale)
    }

    private typealias Loop = (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void

    private func map(_ x: [Float], _ loop: Loop) -> [Float] {
        let y = Buffer(x)
        loop(y.pointer, y.pointer, x.count)
        return y.values
    }

    @Test(arguments: KernelTable.available)
    func curvesAgreeWithTheReference(table: KernelTable) {
        let x = inputs()
        #expect(distance(map(x, table.kernels.sigmoid), x.map { sigmoid(Double($0)) }) < 2e-7)
        #expect(distance(map(x, table.kernels.tanh), x.map { tanh(Double($0)) }) < 4e-7)
        let relative = zip(map(x, table.kernels.exp), x).map { Float(Double($0) / exp(Double($1)) - 1) }
        #expect(distance(relative, x.map { _ in 0.0 }) < 3e-7)
    }

    @Test(arguments: KernelTable.available)
    func curvesSaturateExactlyAndPassNaNOn(table: KernelTable) {
        let x: [Float] = [-1e30, -90, 18, 1e30, .nan, -.infinity, .infinity]
        let s = map(x, table.kernels.sigmoid), t = map(x, table.kernels.tanh), e = map(x, table.kernels.exp)
        #expect(s[0...3] == [0, 0, 1, 1] && s[4].isNaN && s[5...] == [0, 1])
        #expect(t[0...3] == [-1, -1, 1, 1] && t[4].isNaN && t[5...] == [-1, 1])
        #expect(e[0...1] == [0, 0] && e[3] == .infinity && e[4].isNaN && e[5...] == [0, .infinity])
    }

    @Test(arguments: KernelTable.available)
    func activationsAndTheirDerivativesAgree(table: KernelTable) {
        let x = inputs(2)
        let dy = Buffer(x.map { 1 + $0 / 4 }), source = Buffer(x), out = Buffer(zeros: count)
        let kinds: [(ductus_activation, (Double) -> Double)] = [
            (DUCTUS_ACTIVATION_NONE, { $0 }), (DUCTUS_ACTIVATION_RELU, { max(0, $0) }),
            (DUCTUS_ACTIVATION_SILU, { $0 * sigmoid($0) }),
            (DUCTUS_ACTIVATION_TANH, { tanh($0) }),
        ]
        for (kind, f) in kinds {
            table.kernels.activate(kind, source.pointer, out.pointer, count)
            #expect(distance(out.values, x.map { f(Double($0)) }) < 2e-6, "\(table.name) \(kind)")
            table.kernels.activate_backward(kind, source.pointer, dy.pointer, out.pointer, count)
            let exact = zip(x, dy.values).map { (x: Float, dy: Float) -> Double in
                let (above, below) = (f(Double(x) + 1e-6), f(Double(x) - 1e-6))
                return Double(dy) * (above - below) / 2e-6
            }
            #expect(distance(out.values, exact) < 4e-6, "\(table.name) \(kind)")
        }
    }

    @Test(arguments: KernelTable.available)
    func logSoftmaxAndItsGradientAgree(table: KernelTable) {
        var random = SplitMix64(seed: 6)
        for columns in [1, 3, 16, 97] {
            let x = random.normals(3 * columns, deviation: 20), dy = random.normals(3 * columns)
            let y = Buffer(x), dx = Buffer(dy)
            table.kernels.log_softmax(y.pointer, y.pointer, 3, columns)
            table.kernels.log_softmax_backward(y.pointer, dx.pointer, dx.pointer, 3, columns)
            for row in 0..<3 {
                let range = row * columns..<(row + 1) * columns
                let highest = Double(x[range].max()!)
                let normalizer = highest + log(x[range].reduce(0) { $0 + exp(Double($1) - highest) })
                let exact = x[range].map { Double($0) - normalizer }
                #expect(distance(y.values[range], exact) < 2e-5)
                let sum = dy[range].reduce(0) { $0 + Double($1) }
                #expect(distance(dx.values[range], zip(dy[range], exact).map { Double($0) - exp($1) * sum }) < 2e-5)
            }
        }
    }

    @Test(arguments: KernelTable.available)
    func flatLoopsAgree(table: KernelTable) {
        let (x, y) = (inputs(1), Array(inputs(1).reversed()))
        let pairs = Array(zip(x, y).map { (Double($0), Double($1)) })
        let (source, target) = (Buffer(x), Buffer(y))
        table.kernels.add_scaled(0.5, source.pointer, target.pointer, count)
        #expect(distance(target.values, pairs.map { $1 + 0.5 * $0 }) < 1e-6)
        let averaged = Buffer(y)
        table.kernels.average(0.75, source.pointer, averaged.pointer, count)
        #expect(distance(averaged.values, pairs.map { 0.75 * $1 + 0.25 * $0 }) < 1e-6)
        let product = Buffer(y)
        table.kernels.multiply(source.pointer, product.pointer, product.pointer, count)
        #expect(distance(product.values, pairs.map { $0 * $1 }) < 1e-6)
        let norm = table.kernels.squared_norm(source.pointer, count)
        #expect(abs(norm - pairs.reduce(0) { $0 + $1.0 * $1.0 }) < 1e-9 * norm)
    }
}
