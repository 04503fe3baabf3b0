import CKernels

extension PreparedRecurrent {
    /// Backpropagation through time: the kernels walk each direction back, then one product per weight matrix.
    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let frames = call.input.frames
        let count = frames * layer.output
        let columns = product.outputs
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

        for direction in 0..<layer.directions {
            let initial = direction == 0 && call.hasStates
                ? states(in: call.record, sequences: call.input.sequences) : nil
            var kernelLayer = kernelLayer(direction)
            var pass = ductus_recurrent_gradient()
            pass.reversed = direction == 1
            pass.gates = gates + direction * layer.rows
            pass.gates_stride = columns
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

            let previous = call.shared.previous.reserve(frames * layer.hidden)
            table.recurrent_previous(
                &batch, direction == 1, Int32(layer.hidden), hidden + direction * layer.hidden, layer.output,
                initial.map { UnsafePointer($0.initial) }, previous)
            addParameterGradient(call, direction, previous)
        }

        guard let dx = call.dx else { return }
        if layer.residual { dx.update(from: call.dy, count: count) }
        MatrixProduct.multiply(
            .init(base: gates, stride: columns), .init(base: product.weights.pointer, stride: layer.in), into: dx,
            stride: layer.in, rows: frames, columns: layer.in, inner: columns, keep: layer.residual ? 1 : 0)
    }

    private func addParameterGradient(_ call: LayerReturn, _ direction: Int, _ previous: UnsafePointer<Float>) {
        let table = call.kernels.table.pointee
        let frames = call.input.frames
        let columns = product.outputs
        let (rows, hidden) = (layer.rows, layer.hidden)
        let tensors = DirectionParameters(layer, direction)
        let gates = UnsafePointer(call.record.gates.pointer + direction * rows)

        table.add_column_sums(gates, frames, rows, columns, call.gradient + tensors.inputBias)
        MatrixProduct.transposedMultiply(
            .init(base: gates, stride: columns), .init(base: call.x, stride: layer.in),
            into: call.gradient + tensors.inputWeights, stride: layer.in, rows: rows, columns: layer.in, inner: frames,
            keep: 1)

        // The gru's n rows have a derivative of their own on the hidden side, which the kernels leave in `cells`.
        let shared = layer.cell == .gru ? 2 * hidden : rows
        table.add_column_sums(gates, frames, shared, columns, call.gradient + tensors.hiddenBias)
        MatrixProduct.transposedMultiply(
            .init(base: gates, stride: columns), .init(base: previous, stride: hidden),
            into: call.gradient + tensors.hiddenWeights, stride: hidden, rows: shared, columns: hidden, inner: frames,
            keep: 1)
        if layer.cell == .gru {
            let new = UnsafePointer(call.record.cells.pointer + direction * frames * hidden)
            table.add_column_sums(new, frames, hidden, hidden, call.gradient + tensors.hiddenBias + shared)
            MatrixProduct.transposedMultiply(
                .init(base: new, stride: hidden), .init(base: previous, stride: hidden),
                into: call.gradient + tensors.hiddenWeights + shared * hidden, stride: hidden, rows: hidden,
                columns: hidden, inner: frames, keep: 1)
        }
    }
}
