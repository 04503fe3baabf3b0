import CDuctusKernels
import DuctusRandomness

/// A direction with random weights and a ragged batch, run through a table of kernels.
struct RecurrentFixture: CustomStringConvertible {
    let table: KernelTable
    let cell: ductus_cell
    let hidden: Int
    let lengths: [Int]
    let reversed: Bool
    let precision: ductus_precision
    var weights: [Float]
    var biasN: [Float]
    /// frames × gates · hidden.
    var gates: [Float]
    var initialH: [Float]
    var initialC: [Float]

    var description: String {
        "\(table.name), cell \(cell.rawValue), hidden \(hidden), lengths \(lengths), reversed \(reversed)"
    }
    var width: Int { ReferenceCell.gates(cell) * hidden }
    var frames: Int { lengths.reduce(0, +) }
    var offsets: [Int] { lengths.indices.map { lengths[..<$0].reduce(0, +) } }
    var reference: ReferenceCell { ReferenceCell(cell: cell, hidden: hidden, weights: weights, biasN: biasN) }

    init(
        _ table: KernelTable, _ cell: ductus_cell, hidden: Int, lengths: [Int], reversed: Bool = false,
        precision: ductus_precision = DUCTUS_PRECISION_FLOAT32, seed: UInt64 = 1
    ) {
        (self.table, self.cell, self.hidden, self.lengths) = (table, cell, hidden, lengths)
        (self.reversed, self.precision) = (reversed, precision)
        var random = SplitMix64(seed: seed)
        let width = ReferenceCell.gates(cell) * hidden
        weights = random.normals(width * hidden, deviation: 1 / Float(hidden).squareRoot())
        biasN = random.normals(hidden, deviation: 0.5)
        gates = random.normals(lengths.reduce(0, +) * width)
        initialH = (0..<lengths.count * hidden).map { _ in 2 * random.uniform() - 1 }
        initialC = random.normals(lengths.count * hidden)
    }

    struct Result {
        /// frames × hidden.
        var output: [Float]
        var finalH: [Float]
        var finalC: [Float]
        /// What training keeps; empty for inference.
        var gates: [Float] = []
        var cells: [Float] = []
    }

    /// Outputs lie in rows three floats wider than needed, as those of two directions do.
    private var stride: Int { hidden + 3 }

    func forward(keeping: Bool = false, finalAfter: [Int]? = nil) -> Result {
        run(keeping: keeping, finalAfter: finalAfter).result
    }

    /// Frames of one sequence in the order in which the pass visits them.
    func rows(_ sequence: Int) -> [Int] {
        let rows = Array(offsets[sequence]..<offsets[sequence] + lengths[sequence])
        return reversed ? rows.reversed() : rows
    }

    func row(_ index: Int, of matrix: [Float], width: Int) -> [Float] {
        Array(matrix[index * width..<(index + 1) * width])
    }

    struct Gradient {
        var gates: [Float]
        var cells: [Float]
        var initialH: [Float]
        var initialC: [Float]
    }

    func backward(dOutput: [Float], dFinalH: [Float], dFinalC: [Float]) -> Gradient {
        let run = run(keeping: true, finalAfter: nil)
        let kernels = table.kernels
        let packed = Buffer(bytes: kernels.recurrent_pack_transposed_size(cell, Int32(hidden)))
        kernels.recurrent_pack_transposed(cell, Int32(hidden), weights, packed.pointer)
        let scratch = Buffer(bytes: kernels.recurrent_scratch_size(cell, Int32(hidden), Int32(lengths.count)))
        let (dOutput, dFinalH, dFinalC) = (Buffer(dOutput), Buffer(dFinalH), Buffer(dFinalC))
        let (h, c) = (Buffer(initialH), Buffer(initialC))
        let (dH, dC) = (Buffer(zeros: initialH.count), Buffer(zeros: initialC.count))
        var gradient = ductus_recurrent_gradient()
        gradient.reversed = reversed
        (gradient.gates, gradient.gates_stride, gradient.cells) = (run.gates.pointer, width, run.cells.pointer)
        (gradient.output, gradient.output_stride) = (UnsafePointer(run.output.pointer), stride)
        (gradient.initial_h, gradient.initial_c) = (UnsafePointer(h.pointer), UnsafePointer(c.pointer))
        (gradient.d_output, gradient.d_output_stride) = (UnsafePointer(dOutput.pointer), hidden)
        (gradient.d_final_h, gradient.d_final_c) = (UnsafePointer(dFinalH.pointer), UnsafePointer(dFinalC.pointer))
        (gradient.d_initial_h, gradient.d_initial_c) = (dH.pointer, dC.pointer)
        var layer = ductus_recurrent(
            cell: cell, precision: precision, hidden: Int32(hidden), forward: nil,
            backward: UnsafeRawPointer(packed.pointer))
        withBatch { batch in
            withExtendedLifetime((dOutput, dFinalH, dFinalC, h, c, packed)) {
                kernels.recurrent_backward(&layer, &batch, &gradient, scratch.pointer)
            }
        }
        return Gradient(gates: run.gates.values, cells: run.cells.values, initialH: dH.values, initialC: dC.values)
    }

    private func withBatch(_ body: (inout ductus_batch) -> Void) {
        let offsets = Buffer(offsets.map(Int32.init)), lengths = Buffer(lengths.map(Int32.init))
        withExtendedLifetime((offsets, lengths)) {
            var batch = ductus_batch(
                sequences: Int32(lengths.count), offsets: UnsafePointer(offsets.pointer),
                lengths: UnsafePointer(lengths.pointer))
            body(&batch)
        }
    }

    private typealias Run = (result: Result, gates: Buffer<Float>, cells: Buffer<Float>, output: Buffer<Float>)

    private func run(keeping: Bool, finalAfter: [Int]?) -> Run {
        let kernels = table.kernels
        let packed = Buffer(bytes: kernels.recurrent_pack_size(cell, Int32(hidden), precision))
        kernels.recurrent_pack(cell, Int32(hidden), precision, weights, biasN, packed.pointer)
        let scratch = Buffer(bytes: kernels.recurrent_scratch_size(cell, Int32(hidden), Int32(lengths.count)))
        let (h, c) = (Buffer(initialH), Buffer(initialC))
        let (gates, cells) = (Buffer(self.gates), Buffer(zeros: frames * hidden))
        let output = Buffer([Float](repeating: .nan, count: frames * stride))
        let (finalH, finalC) = (Buffer(zeros: initialH.count), Buffer(zeros: initialC.count))
        let after = finalAfter.map { Buffer($0.map(Int32.init)) }
        var pass = ductus_recurrent_pass()
        pass.reversed = reversed
        (pass.gates, pass.gates_stride) = (gates.pointer, width)
        pass.cells = keeping ? cells.pointer : nil
        (pass.output, pass.output_stride) = (output.pointer, stride)
        (pass.initial_h, pass.initial_c) = (UnsafePointer(h.pointer), UnsafePointer(c.pointer))
        (pass.final_h, pass.final_c) = (finalH.pointer, finalC.pointer)
        pass.final_after = after.map { UnsafePointer($0.pointer) }
        var layer = ductus_recurrent(
            cell: cell, precision: precision, hidden: Int32(hidden), forward: UnsafeRawPointer(packed.pointer),
            backward: nil)
        withBatch { batch in
            withExtendedLifetime((h, c, after, packed)) {
                kernels.recurrent_forward(&layer, &batch, &pass, scratch.pointer)
            }
        }
        let rows = output.values
        let result = Result(
            output: (0..<frames).flatMap { rows[$0 * stride..<$0 * stride + hidden] }, finalH: finalH.values,
            finalC: finalC.values, gates: keeping ? gates.values : [], cells: keeping ? cells.values : [])
        return (result, gates, cells, output)
    }
}
