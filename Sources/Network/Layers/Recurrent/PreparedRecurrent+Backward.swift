import CDuctusKernels

extension PreparedRecurrent {
    /// Backpropagation through time: the kernels walk each direction back, then what they leave gives the gradients of
    /// the weights.
    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let frames = call.input.frames
        let count = frames * layer.output
        var dh = call.dy
        if let mask = call.mask {
            // A residual needs dy itself, too.
            if layer.residual { dh = call.shared.floats(0).reserve(count) }
            table.multiply(call.dy, mask, dh, count)
        }
        let gates = call.record.floats(Buffer.gates).pointer
        let cells = call.record.floats(Buffer.cells).pointer
        let keepsHidden = call.mask != nil || layer.residual
        let hidden = keepsHidden ? call.record.floats(Buffer.hidden).constant : call.y
        let scratch = call.shared.kernel.reserve(
            table.recurrent_scratch_size(layer.cell.code, Int32(layer.hidden), Int32(call.input.sequences)))
        var batch = call.input.batch
        let inputs = WeightGradient.rows(call.x, count: frames, stride: layer.in, in: call.shared.rows.0)

        for direction in 0..<layer.directions {
            let initial =
                direction == 0 && call.hasStates
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

            let previous = previousRows(
                call, reversed: direction == 1, hidden: hidden + direction * layer.hidden,
                initial: initial.map { UnsafePointer($0.initial) })
            addParameterGradient(call, direction, inputs, previous)
        }

        guard let dx = call.dx else { return }
        multiplyGates(rows: frames, gates: gates, dx: dx)
        if layer.residual { table.add_scaled(1, call.dy, dx, count) }
    }

    /// The h that entered each frame's step: the output one step earlier, or the initial state.
    private func previousRows(
        _ call: LayerReturn, reversed: Bool, hidden: UnsafePointer<Float>, initial: UnsafePointer<Float>?
    ) -> UnsafePointer<UnsafePointer<Float>> {
        let rows = call.shared.rows.1.reserve(call.input.frames)
        let zeros = call.shared.zeros.reserve(layer.hidden)
        for sequence in 0..<call.input.sequences {
            let (first, length) = (Int(call.input.offsets[sequence]), Int(call.input.lengths[sequence]))
            guard length > 0 else { continue }
            for row in first..<first + length { rows[row] = hidden + (reversed ? row + 1 : row - 1) * layer.output }
            rows[reversed ? first + length - 1 : first] =
                initial.map { $0 + sequence * layer.hidden } ?? UnsafePointer(zeros)
        }
        return UnsafePointer(rows)
    }

    private func addParameterGradient(
        _ call: LayerReturn, _ direction: Int, _ inputs: UnsafePointer<UnsafePointer<Float>>,
        _ previous: UnsafePointer<UnsafePointer<Float>>
    ) {
        let table = call.kernels.table.pointee
        let frames = call.input.frames
        let (rows, hidden) = (layer.rows, layer.hidden)
        let tensors = DirectionParameters(layer, direction)
        let gates = UnsafePointer(call.record.floats(Buffer.gates).pointer + direction * rows)
        // The gru's n rows have a derivative of their own on the hidden side, which the kernels leave in `cells`.
        let shared = layer.cell == .gru ? 2 * hidden : rows

        let sums = call.shared.floats(1).reserve(rows)
        sums.update(repeating: 0, count: rows)
        let gradient = WeightGradient(call)
        gradient.add(
            frames: frames, dy: gates, stride: gateColumns, outputs: rows, sums: sums,
            .init(rows: inputs, width: layer.in, outputs: rows, gradient: call.gradient + tensors.inputWeights),
            .init(rows: previous, width: hidden, outputs: shared, gradient: call.gradient + tensors.hiddenWeights))
        table.add_scaled(1, sums, call.gradient + tensors.inputBias, rows)
        table.add_scaled(1, sums, call.gradient + tensors.hiddenBias, shared)
        if layer.cell == .gru {
            gradient.add(
                frames: frames, dy: call.record.floats(Buffer.cells).pointer + direction * frames * hidden,
                stride: hidden,
                outputs: hidden,
                sums: call.gradient + tensors.hiddenBias + shared,
                .init(
                    rows: previous, width: hidden, outputs: hidden,
                    gradient: call.gradient + tensors.hiddenWeights + shared * hidden))
        }
    }
}
