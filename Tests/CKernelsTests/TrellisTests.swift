import CDuctusKernels
import DuctusRandomness
import Foundation
import Testing

@Suite struct TrellisTests {
    @Test(arguments: KernelTable.available, [1, 15, 16, 55])
    func logarithmsOfSumsAgree(table: KernelTable, count: Int) {
        var random = SplitMix64(seed: 3)
        // Some are impossible, some so far apart that only the largest counts.
        func row() -> Buffer<Float> {
            Buffer((0..<count).map { $0 % 5 == 4 ? -1e30 : random.normal(mean: -50, deviation: $0 % 3 == 0 ? 1 : 40) })
        }
        let (a, b, c, added, y) = (row(), row(), row(), row(), Buffer<Float>(zeros: count))
        let penalty = Buffer((0..<count).map { $0 % 2 == 0 ? 0 : -1e30 as Float })
        let exact = (0..<count).map { i in
            let terms = [a.values[i], b.values[i], c.values[i] + penalty.values[i]].map(Double.init)
            let best = terms.max() ?? 0
            return best + log(terms.reduce(0) { $0 + exp($1 - best) })
        }
        func error(_ exact: [Double]) -> Double {
            zip(y.values, exact).map { abs(Double($0) - $1) / max(1, abs($1)) }.max() ?? 0
        }
        table.kernels.log_sum(a.pointer, b.pointer, c.pointer, penalty.pointer, nil, y.pointer, count)
        #expect(error(exact) < 4e-7)
        table.kernels.log_sum(a.pointer, b.pointer, c.pointer, penalty.pointer, added.pointer, y.pointer, count)
        #expect(error(zip(exact, added.values).map { $0 + Double($1) }) < 4e-7)
    }

    @Test(arguments: KernelTable.available, [1, 15, 16, 55])
    func sharesAreOfTheLargest(table: KernelTable, count: Int) {
        var random = SplitMix64(seed: 4)
        let (a, b, y) = (
            Buffer(random.normals(count, deviation: 5)), Buffer(random.normals(count, deviation: 5)),
            Buffer<Float>(zeros: count)
        )
        if count > 3 { a.pointer[2] = -1e30 }
        let sums = zip(a.values, b.values).map { Double($0 + $1) }
        let exact = sums.map { exp($0 - (sums.max() ?? 0)) }
        let total = table.kernels.shares(a.pointer, b.pointer, y.pointer, count)
        #expect(distance(y.values, exact) < 1e-6)
        #expect(abs(Double(total) - exact.reduce(0, +)) < 1e-6 * Double(count))
    }
}
