import CDuctusKernels

extension PreparedLSTMP {
    /// Backpropagation through time, then the gradients of the weights from what every step left.
    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let (frames, width) = (call.input.frames, layer.width)
        if let mask = call.mask { table.multiply(call.dy, mask, call.dy, frames * width * layer.directions) }
        let outputRows = frames + call.input.sequences * layer.memory
        let partial = call.dx == nil ? nil : call.shared.floats(4).reserve(frames * layer.in)
        for (direction, part) in parts.enumerated() {
            let dh = call.shared.floats(0).reserve(outputRows * width)
            dh.update(repeating: 0, count: outputRows * width)
            for sequence in 0..<call.input.sequences {
                for time in 0..<Int(call.input.lengths[sequence]) {
                    let dy =
                        call.dy + frame(call.input, sequence, time, direction) * width * layer.directions + direction
                        * width
                    (dh + place(call.input, sequence, time, direction) * width).update(from: dy, count: width)
                }
            }
            walkBack(call, direction, dh)
            addParameterGradient(call, direction, dh)
            guard let dx = call.dx, let partial else { continue }
            let gates = call.record.floats(Buffer.gates).pointer + direction * frames * rows
            part.input.applyTransposed(rows: frames, dy: gates, dx: direction == 0 ? dx : partial)
            if direction == 1 { table.add_scaled(1, partial, dx, frames * layer.in) }
        }
    }

    /// `dh` holds the loss' derivative by every h, to which the recurrence adds; `gates` become the derivative by their
    /// sums.
    private func walkBack(_ call: LayerReturn, _ direction: Int, _ dh: UnsafeMutablePointer<Float>) {
        let table = call.kernels.table.pointee
        let (frames, sequences, hidden, width) = (call.input.frames, call.input.sequences, layer.hidden, layer.width)
        let part = parts[direction]
        let gates = call.record.floats(Buffer.gates).pointer + direction * frames * rows
        let cells = call.record.floats(Buffer.cells).pointer + direction * frames * hidden
        let initial = direction == 0 && call.hasStates ? call.record.floats(Buffer.initial).pointer : nil
        let dc = call.shared.floats(1).reserve(sequences * hidden)
        dc.update(repeating: 0, count: sequences * hidden)
        let memory = call.shared.floats(2).reserve(sequences * (hidden + rows + width))
        let (units, sums) = (memory, memory + sequences * hidden)
        let seen = sums + sequences * rows
        let step = direction == 0 ? 1 : -1
        var longest = 0
        for sequence in 0..<sequences { longest = max(longest, Int(call.input.lengths[sequence])) }
        for time in Swift.stride(from: longest - 1, through: 0, by: -1) {
            var active = 0
            for sequence in 0..<sequences where Int(call.input.lengths[sequence]) > time {
                (seen + active * width).update(
                    from: dh + place(call.input, sequence, time, direction) * width, count: width)
                active += 1
            }
            if let projection = part.projection {
                projection.applyTransposed(rows: active, dy: seen, dx: units)
            } else {
                units.update(from: seen, count: active * hidden)
            }
            active = 0
            for sequence in 0..<sequences where Int(call.input.lengths[sequence]) > time {
                let row = frame(call.input, sequence, time, direction)
                let previous = time > 0 ? cells + (row - step) * hidden : initial.map { $0 + sequence * hidden }
                table.lstm_step_backward(
                    Int32(hidden), gates + row * rows, cells + row * hidden, previous, units + active * hidden,
                    dc + sequence * hidden)
                (sums + active * rows).update(from: gates + row * rows, count: rows)
                active += 1
            }
            part.recurrence.applyTransposed(rows: active, dy: sums, dx: seen)
            active = 0
            for sequence in 0..<sequences where Int(call.input.lengths[sequence]) > time {
                let at = dh + place(call.input, sequence, time, direction) * width
                table.add_scaled(1, seen + active * width, at - step * width, width)
                if layer.skip > 0 { table.add_scaled(1, seen + active * width, at - step * layer.skip * width, width) }
                active += 1
            }
        }
    }

    private func addParameterGradient(_ call: LayerReturn, _ direction: Int, _ dh: UnsafePointer<Float>) {
        let table = call.kernels.table.pointee
        let (frames, hidden, width) = (call.input.frames, layer.hidden, layer.width)
        let places = Places(layer, direction)
        let gates = call.record.floats(Buffer.gates).constant + direction * frames * rows
        let sums = call.shared.floats(3).reserve(rows)
        sums.update(repeating: 0, count: rows)
        let inputs = WeightGradient.rows(call.x, count: frames, stride: layer.in, in: call.shared.rows.0)
        let seen = WeightGradient.rows(
            call.record.floats(Buffer.inputs).constant + direction * frames * width, count: frames, stride: width,
            in: call.shared.rows.1)
        WeightGradient(call).add(
            frames: frames, dy: gates, stride: rows, outputs: rows, sums: sums,
            .init(rows: inputs, width: layer.in, outputs: rows, gradient: call.gradient + places.input),
            .init(rows: seen, width: width, outputs: rows, gradient: call.gradient + places.recurrence))
        table.add_scaled(1, sums, call.gradient + places.inputBias, rows)
        table.add_scaled(1, sums, call.gradient + places.hiddenBias, rows)
        guard layer.projection > 0 else { return }
        // Each sequence's frames lie together, in `dh` as in what was kept of the units.
        for sequence in 0..<call.input.sequences {
            let (offset, length) = (Int(call.input.offsets[sequence]), Int(call.input.lengths[sequence]))
            guard length > 0 else { continue }
            let units = WeightGradient.rows(
                call.record.floats(Buffer.units).constant + (direction * frames + offset) * hidden, count: length,
                stride: hidden, in: call.shared.rows.0)
            let before = (direction == 0 ? sequence + 1 : sequence) * layer.memory
            WeightGradient(call).add(
                frames: length, dy: dh + (offset + before) * width, stride: width, outputs: width, sums: sums,
                .init(rows: units, width: hidden, outputs: width, gradient: call.gradient + places.projection))
        }
    }
}
