import CDuctusKernels
import DuctusRandomness
import Testing

@Suite struct ProductTests {
    private struct Case {
        let outputs: Int, inputs: Int, rows: Int

        init(_ outputs: Int, _ inputs: Int, _ rows: Int) {
            (self.outputs, self.inputs, self.rows) = (outputs, inputs, rows)
        }
    }

    private let cases = [
        Case(1, 1, 1), Case(5, 13, 2), Case(33, 7, 3), Case(96, 192, 1), Case(50, 97, 100), Case(384, 96, 17),
        Case(17, 31, 191),
    ]

    @Test(arguments: KernelTable.available)
    func floatProductsAgreeWithTheReference(table: KernelTable) {
        for shape in cases { expectProduct(table, shape, DUCTUS_PRECISION_FLOAT32, within: 3e-6) }
    }

    @Test(arguments: KernelTable.available)
    func reducedProductsStayClose(table: KernelTable) {
        let tolerance = String(cString: table.kernels.reduced_format) == "bf16" ? 5e-2 : 3e-3
        for shape in cases { expectProduct(table, shape, DUCTUS_PRECISION_REDUCED16, within: tolerance) }
    }

    private func expectProduct(
        _ table: KernelTable, _ shape: Case, _ precision: ductus_precision, within tolerance: Double
    ) {
        var random = SplitMix64(seed: 3)
        let (outputs, inputs, rows) = (shape.outputs, shape.inputs, shape.rows)
        let w = random.normals(outputs * inputs, deviation: 1 / Float(inputs).squareRoot())
        let (x, bias) = (random.normals(rows * inputs), random.normals(outputs))
        let y = product(table, w, x, bias, shape, precision)
        for row in 0..<rows {
            let exact = (0..<outputs).map { (output: Int) -> Double in
                var sum = Double(bias[output])
                for k in 0..<inputs { sum += Double(w[output * inputs + k]) * Double(x[row * inputs + k]) }
                return sum
            }
            #expect(
                distance(y[row * outputs..<(row + 1) * outputs], exact) < tolerance,
                "\(table.name), \(shape), row \(row)")
        }
    }

    @Test(arguments: KernelTable.available)
    func theWayBackMultipliesByTheSameWeights(table: KernelTable) {
        for shape in cases {
            var random = SplitMix64(seed: 5)
            let (outputs, inputs, rows) = (shape.outputs, shape.inputs, shape.rows)
            let w = random.normals(outputs * inputs, deviation: 1 / Float(outputs).squareRoot())
            let dy = random.normals(rows * outputs)
            let packed = Buffer(bytes: table.kernels.product_pack_transposed_size(Int32(outputs), Int32(inputs)))
            table.kernels.product_pack_transposed(Int32(outputs), Int32(inputs), w, packed.pointer)
            let dx = Buffer(zeros: rows * inputs)
            table.kernels.product(
                packed.pointer, Int32(inputs), Int32(outputs), DUCTUS_PRECISION_FLOAT32, Int32(rows), dy, outputs, nil,
                dx.pointer, inputs, nil)
            for row in 0..<rows {
                let exact = (0..<inputs).map { (input: Int) -> Double in
                    var sum = 0.0
                    for k in 0..<outputs { sum += Double(w[k * inputs + input]) * Double(dy[row * outputs + k]) }
                    return sum
                }
                #expect(
                    distance(dx.values[row * inputs..<(row + 1) * inputs], exact) < 3e-6,
                    "\(table.name), \(shape), row \(row)")
            }
        }
    }

    @Test(arguments: KernelTable.available)
    func aRowDoesNotFeelItsNeighbours(table: KernelTable) {
        var random = SplitMix64(seed: 4)
        let (outputs, inputs) = (35, 21)
        let (w, bias) = (random.normals(outputs * inputs), random.normals(outputs))
        let x = random.normals(23 * inputs)
        for precision in [DUCTUS_PRECISION_FLOAT32, DUCTUS_PRECISION_REDUCED16] {
            let together = product(table, w, x, bias, Case(outputs, inputs, 23), precision)
            for rows in 1...8 {
                let some = product(table, w, Array(x[..<(rows * inputs)]), bias, Case(outputs, inputs, rows), precision)
                #expect(some == Array(together[..<(rows * outputs)]), "\(table.name), \(rows) rows")
            }
        }
    }

    /// Weights and inputs of the largest size that fixed point must carry without overflow.
    @Test(arguments: KernelTable.available)
    func equalWeightsDoNotOverflow(table: KernelTable) {
        let shape = Case(3, 512, 2)
        let y = product(
            table, [Float](repeating: 2, count: 3 * 512), [Float](repeating: 8, count: 2 * 512), [0, 0, 0], shape,
            DUCTUS_PRECISION_REDUCED16)
        #expect(distance(y, [Double](repeating: 8192, count: 6)) < 20)
    }

    private func product(
        _ table: KernelTable, _ w: [Float], _ x: [Float], _ bias: [Float], _ shape: Case, _ precision: ductus_precision
    ) -> [Float] {
        let kernels = table.kernels
        let (outputs, inputs, rows) = (Int32(shape.outputs), Int32(shape.inputs), Int32(shape.rows))
        let packed = Buffer(bytes: kernels.product_pack_size(outputs, inputs, precision))
        kernels.product_pack(outputs, inputs, precision, w, packed.pointer)
        let scratch = Buffer(bytes: kernels.product_scratch_size(inputs, precision, rows))
        let y = Buffer(zeros: shape.rows * shape.outputs)
        kernels.product(
            packed.pointer, outputs, inputs, precision, rows, x, shape.inputs, bias, y.pointer, shape.outputs,
            scratch.pointer)
        return y.values
    }
}
