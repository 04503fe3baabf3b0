import CDuctusKernels
import DuctusRandomness
import Testing

@Suite struct RecurrentInputTests {
    /// A pass that computes its gates from the input gives, bit for bit, what a product and a pass over its result give.
    @Test(arguments: KernelTable.available)
    func gatesOnTheWayEqualGatesBeforehand(table: KernelTable) {
        let lengths: [Int32] = [40, 3, 0, 57, 1, 57]
        let offsets: [Int32] = [0, 40, 43, 43, 100, 101]
        for cell in [DUCTUS_CELL_RNN, DUCTUS_CELL_LSTM, DUCTUS_CELL_GRU] {
            for precision in [DUCTUS_PRECISION_FLOAT32, DUCTUS_PRECISION_REDUCED16] {
                for reversed in [false, true] {
                    let layer = Layer(table, cell, precision)
                    offsets.withUnsafeBufferPointer { offsets in
                        lengths.withUnsafeBufferPointer { lengths in
                            var batch = ductus_batch(
                                sequences: 6, offsets: offsets.baseAddress, lengths: lengths.baseAddress)
                            let (apart, fused) = (
                                layer.run(&batch, reversed, fused: false), layer.run(&batch, reversed, fused: true)
                            )
                            #expect(
                                apart == fused, "\(table.name), cell \(cell.rawValue), precision \(precision.rawValue)")
                            let finite = apart.filter(\.isFinite)
                            #expect(finite.count == apart.count)
                        }
                    }
                }
            }
        }
    }

    private struct Layer {
        let table: KernelTable
        let cell: ductus_cell
        let precision: ductus_precision
        let hidden: Int32 = 13
        let inputs: Int32 = 7
        let frames = 158
        let hiddenWeights: Buffer<UInt8>
        let inputWeights: Buffer<UInt8>
        let bias: Buffer<Float>
        let x: Buffer<Float>

        private var width: Int { Int(hidden) * ReferenceCell.gates(cell) }

        init(_ table: KernelTable, _ cell: ductus_cell, _ precision: ductus_precision) {
            (self.table, self.cell, self.precision) = (table, cell, precision)
            var random = SplitMix64(seed: 10)
            let kernels = table.kernels
            let width = Int(hidden) * ReferenceCell.gates(cell)
            hiddenWeights = Buffer(bytes: kernels.recurrent_pack_size(cell, hidden, precision))
            kernels.recurrent_pack(
                cell, hidden, precision, random.normals(width * Int(hidden), deviation: 0.3),
                random.normals(Int(hidden)),
                hiddenWeights.pointer)
            inputWeights = Buffer(bytes: kernels.product_pack_size(Int32(width), inputs, precision))
            kernels.product_pack(
                Int32(width), inputs, precision, random.normals(width * Int(inputs)), inputWeights.pointer)
            bias = Buffer(random.normals(width))
            x = Buffer(random.normals(frames * Int(inputs)))
        }

        /// Outputs, then final states.
        func run(_ batch: inout ductus_batch, _ reversed: Bool, fused: Bool) -> [Float] {
            let kernels = table.kernels
            let (output, final) = (Buffer(zeros: frames * Int(hidden)), Buffer(zeros: 6 * Int(hidden)))
            let scratch = Buffer(
                bytes: fused
                    ? kernels.recurrent_input_scratch_size(cell, hidden, inputs, 6)
                    : kernels.recurrent_scratch_size(cell, hidden, 6))
            let gates = Buffer(zeros: frames * width)
            let productScratch = Buffer(bytes: kernels.product_scratch_size(inputs, precision, Int32(frames)))
            var pass = ductus_recurrent_pass()
            pass.reversed = reversed
            (pass.output, pass.output_stride, pass.final_h) = (output.pointer, Int(hidden), final.pointer)
            if fused {
                (pass.input, pass.input_stride, pass.inputs) = (UnsafePointer(x.pointer), Int(inputs), inputs)
                (pass.input_weights, pass.input_bias) = (
                    UnsafeRawPointer(inputWeights.pointer), UnsafePointer(bias.pointer)
                )
            } else {
                kernels.product(
                    inputWeights.pointer, Int32(width), inputs, precision, Int32(frames), x.pointer, Int(inputs),
                    bias.pointer,
                    gates.pointer, width, productScratch.pointer)
                (pass.gates, pass.gates_stride) = (gates.pointer, width)
            }
            var layer = ductus_recurrent(
                cell: cell, precision: precision, hidden: hidden, forward: UnsafeRawPointer(hiddenWeights.pointer),
                backward: nil)
            kernels.recurrent_forward(&layer, &batch, &pass, scratch.pointer)
            return output.values + final.values
        }
    }
}
