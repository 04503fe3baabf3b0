import CKernels

extension PreparedRecurrent {
    /// Backpropagation through time: the kernels walk each direction back, then one product per weight matrix.
    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let frames = call.input.frames
        let count = frames * layer.output
        var dh = call.dy
        if let mask = call.mask {
            // A residual needs dy itself, too.
            if layer.residual { dh = call.shared.hidden.reserve(count) }
            table.multiply(call.dy, mask, dh, count)
        }
        let gates = call.record.gates.pointer
        let cells = call.record.cells.pointer
        let keepsHidden = call.mask != nil || layer.residual
        let hidden = keepsHidden ? call.record.hidden.pointer : call.record.output.pointer
        let scratch = call.shared.kernel.reserve(
            table.recurrent_scratch_size(layer.cell.code, Int32(layer.hidden), Int32(call.input.sequences)))
        var batch = call.input.batch
        let inputs = loadInputs(call)

        for direction in 0..<layer.directions {
            let initial = direction == 0 && call.hasStates
                ? states(in: call.record, sequences: call.input.sequences) : nil
            var kernelLayer = kernelLayer(direction)
            var pass = ductus_recurrent_gradient()
            pass.reversed = direction == 1
            pass.gates = gates + direction * layer.rows
            pass.gates_stride = gateColumns
            pass.cells = cells + direction * frames * layer.hidden
            pass.output = UnsafePointer(hidden + direction * layer.hidden)
            pass.output_stride = layer.output
            pass.d_output = UnsafePointer(dh + direction * layer.hidden)
            pass.d_output_stride = layer.output
            if let initial {
                pass.initial_h = UnsafePointer(initial.initial)
                if layer.cell == .lstm { pass.initial_c = UnsafePointer(initial.initial + initial.vector) }
            }
            table.recurrent_backward(&kernelLayer, &batch, &pass, scratch)

            table.recurrent_previous(
                &batch, direction == 1, Int32(layer.hidden), hidden + direction * layer.hidden, layer.output,
                initial.map { UnsafePointer($0.initial) }, inputs.previous(direction), inputs.stride)
            addParameterGradient(call, direction, inputs)
        }

        guard let dx = call.dx else { return }
        multiplyGates(rows: frames, gates: gates, dx: dx)
        if layer.residual { table.add_scaled(1, call.dy, dx, count) }
    }

    /// What each frame's step read, a row per frame: the h that entered the forward direction, x, the h that entered the backward one.
    /// So each direction finds its h beside x, and one product gives the gradient of both of its matrices.
    private struct StepInputs {
        let base: UnsafeMutablePointer<Float>
        let stride: Int
        let (width, hidden): (Int, Int)

        func previous(_ direction: Int) -> UnsafeMutablePointer<Float> { base + direction * (hidden + width) }
        /// The first column of a direction's x and h, and where among its columns each of them begins.
        func columns(_ direction: Int) -> (base: UnsafePointer<Float>, x: Int, previous: Int) {
            direction == 0 ? (UnsafePointer(base), hidden, 0) : (UnsafePointer(base + hidden), 0, width)
        }
    }

    private func loadInputs(_ call: LayerReturn) -> StepInputs {
        let frames = call.input.frames
        let stride = layer.in + layer.directions * layer.hidden
        let base = call.shared.inputs.reserve(frames * stride)
        for frame in 0..<frames {
            (base + frame * stride + layer.hidden).update(from: call.x + frame * layer.in, count: layer.in)
        }
        return StepInputs(base: base, stride: stride, width: layer.in, hidden: layer.hidden)
    }

    private func addParameterGradient(_ call: LayerReturn, _ direction: Int, _ inputs: StepInputs) {
        let table = call.kernels.table.pointee
        let frames = call.input.frames
        let (rows, hidden) = (layer.rows, layer.hidden)
        let tensors = DirectionParameters(layer, direction)
        let gates = UnsafePointer(call.record.gates.pointer + direction * rows)
        // The gru's n rows have a derivative of their own on the hidden side, which the kernels leave in `cells`.
        let shared = layer.cell == .gru ? 2 * hidden : rows

        let sums = call.shared.sums.reserve(rows)
        sums.update(repeating: 0, count: rows)
        table.add_column_sums(gates, frames, rows, gateColumns, sums)
        table.add_scaled(1, sums, call.gradient + tensors.inputBias, rows)
        table.add_scaled(1, sums, call.gradient + tensors.hiddenBias, shared)

        let width = layer.in + hidden
        let columns = inputs.columns(direction)
        let weights = call.shared.weights.reserve(rows * width)
        MatrixProduct.transposedMultiply(
            .init(base: gates, stride: gateColumns), .init(base: columns.base, stride: inputs.stride), into: weights,
            stride: width, rows: rows, columns: width, inner: frames, keep: 0)
        for row in 0..<rows {
            let from = weights + row * width
            table.add_scaled(1, from + columns.x, call.gradient + tensors.inputWeights + row * layer.in, layer.in)
            guard row < shared else { continue }
            table.add_scaled(1, from + columns.previous, call.gradient + tensors.hiddenWeights + row * hidden, hidden)
        }
        if layer.cell == .gru {
            let new = UnsafePointer(call.record.cells.pointer + direction * frames * hidden)
            table.add_column_sums(new, frames, hidden, hidden, call.gradient + tensors.hiddenBias + shared)
            MatrixProduct.transposedMultiply(
                .init(base: new, stride: hidden), .init(base: inputs.previous(direction), stride: inputs.stride),
                into: call.gradient + tensors.hiddenWeights + shared * hidden, stride: hidden, rows: hidden,
                columns: hidden, inner: frames, keep: 1)
        }
    }
}
