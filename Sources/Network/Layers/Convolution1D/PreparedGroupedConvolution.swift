import CDuctusKernels

/// A convolution whose inputs are divided among groups, or whose taps lie apart, ready to run.
///
/// Depthwise it is a kernel of its own; else the frames under each output are copied side by side, group by group, and
/// multiplied.
final class PreparedGroupedConvolution: PreparedLayer {
    private let layer: Convolution1D
    private let trains: Bool
    private let frames: PaddedFrames
    /// One for each group; none where the convolution is depthwise.
    private let products: [PreparedProduct]
    /// kernel × channels, and the bias; where the convolution is depthwise.
    private let weights = PreparedVector()
    private let bias = PreparedVector()

    private typealias Buffer = PaddedFrames.Buffer
    /// Beside those of `PaddedFrames`: the frames under each output.
    private static let columnBuffer = 2

    init(_ layer: Convolution1D, _ settings: LayerSettings) {
        self.layer = layer
        trains = settings.trains
        frames = PaddedFrames(layer)
        let (outputs, inputs) = (layer.out / layer.groups, layer.groupInputs * layer.kernel)
        products =
            layer.groups == layer.in && layer.groups == layer.out
            ? [] : (0..<layer.groups).map { _ in PreparedProduct(outputs: outputs, inputs: inputs, settings) }
    }

    private var isDepthwise: Bool { products.isEmpty }
    private var groupInputs: Int { layer.groupInputs }
    private var groupOutputs: Int { layer.out / layer.groups }
    private var columns: Int { groupInputs * layer.kernel }

    /// The offset of a weight in the flat buffer, which is out × in of the group × kernel.
    private func place(_ out: Int, _ input: Int, _ tap: Int) -> Int { (out * groupInputs + input) * layer.kernel + tap }

    func prepare(_ parameters: UnsafePointer<Float>) {
        bias.load(parameters + layer.out * columns, layer.out)
        if isDepthwise {
            let weights = weights.reserve(layer.kernel * layer.out)
            for tap in 0..<layer.kernel {
                for out in 0..<layer.out { weights[tap * layer.out + out] = parameters[place(out, 0, tap)] }
            }
            return
        }
        for (group, product) in products.enumerated() {
            let weights = product.weights.reserve(groupOutputs * columns)
            for out in 0..<groupOutputs {
                for tap in 0..<layer.kernel {
                    for input in 0..<groupInputs {
                        weights[out * columns + tap * groupInputs + input] =
                            parameters[place(group * groupOutputs + out, input, tap)]
                    }
                }
            }
            product.bias.pointer.update(from: bias.pointer + group * groupOutputs, count: groupOutputs)
            product.pack()
            if trains { product.packTransposed() }
        }
    }

    func forward(_ call: LayerCall) {
        let table = call.kernels.table.pointee
        frames.pad(call)
        let count = call.output.frames * layer.out
        let sums = call.keepsActivations ? call.record.floats(Buffer.sums).reserve(count) : call.y
        if isDepthwise {
            for sequence in 0..<call.input.sequences {
                var pass = ductus_depthwise(
                    frames: call.output.lengths[sequence], channels: Int32(layer.out), kernel: Int32(layer.kernel),
                    x: padded(call.record, sequence), frame_step: layer.stride * layer.in,
                    tap_step: layer.dilation * layer.in, weights: weights.pointer, bias: bias.pointer,
                    y: sums + Int(call.output.offsets[sequence]) * layer.out)
                table.depthwise(&pass)
            }
        } else {
            let columns = call.record.floats(Self.columnBuffer).reserve(call.output.frames * self.columns)
            for (group, product) in products.enumerated() {
                gather(call.record, call.output, group, into: columns)
                product.apply(
                    rows: call.output.frames, x: columns, stride: self.columns, y: sums + group * groupOutputs,
                    outputStride: layer.out, scratch: call.scratch)
            }
        }
        if layer.activation != .none || call.keepsActivations {
            table.activate(layer.activation.code, sums, call.y, count)
        }
        frames.carry(call)
    }

    private func padded(_ record: LayerRecord, _ sequence: Int) -> UnsafeMutablePointer<Float> {
        record.floats(Buffer.padded).pointer + record.integers(Buffer.starts).pointer[sequence]
    }

    /// Copies a group's frames under each output side by side, [tap][input].
    private func gather(
        _ record: LayerRecord, _ output: Boundary, _ group: Int, into columns: UnsafeMutablePointer<Float>
    ) {
        forEachTap(output) { sequence, frame, tap, place in
            (columns + frame * self.columns + tap * groupInputs).update(
                from: padded(record, sequence) + place + group * groupInputs, count: groupInputs)
        }
    }

    /// Calls `body` with the sequence, the output frame of the batch, the tap, and where the frame under it lies in the
    /// sequence's padded input.
    private func forEachTap(_ output: Boundary, _ body: (Int, Int, Int, Int) -> Void) {
        for sequence in 0..<output.sequences {
            for frame in 0..<Int(output.lengths[sequence]) {
                for tap in 0..<layer.kernel {
                    body(
                        sequence, Int(output.offsets[sequence]) + frame, tap,
                        (frame * layer.stride + tap * layer.dilation) * layer.in)
                }
            }
        }
    }

    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let count = call.output.frames * layer.out
        table.activate_backward(
            layer.activation.code, call.record.floats(Buffer.sums).pointer, call.dy, call.dy, count)
        // The derivative by the padded input, each sequence where its frames lie.
        var total = 0
        for sequence in 0..<call.output.sequences { total += frames.count(call.output, sequence) * layer.in }
        let derivative = call.shared.floats(0).reserve(total)
        derivative.update(repeating: 0, count: total)
        if isDepthwise {
            returnDepthwise(call, derivative)
        } else {
            for group in products.indices { returnThrough(group, call, derivative) }
        }
        guard let dx = call.dx else { return }
        dx.update(repeating: 0, count: call.input.frames * layer.in)
        for sequence in 0..<call.input.sequences {
            let first = frames.leftEdge(call.output, sequence) - call.input.firsts[sequence]
            let end = min(first + frames.count(call.output, sequence), Int(call.input.lengths[sequence]))
            guard max(first, 0) < end else { continue }
            let from =
                derivative + call.record.integers(Buffer.starts).pointer[sequence] + (max(first, 0) - first) * layer.in
            (dx + (Int(call.input.offsets[sequence]) + max(first, 0)) * layer.in).update(
                from: from, count: (end - max(first, 0)) * layer.in)
        }
    }

    private func returnDepthwise(_ call: LayerReturn, _ derivative: UnsafeMutablePointer<Float>) {
        let (table, channels) = (call.kernels.table.pointee, layer.out)
        let gradient = call.shared.floats(1).reserve(layer.kernel * channels)
        gradient.update(repeating: 0, count: layer.kernel * channels)
        let starts = call.record.integers(Buffer.starts).pointer
        forEachTap(call.output) { sequence, frame, tap, place in
            let dy = call.dy + frame * channels
            table.multiply_add(dy, padded(call.record, sequence) + place, gradient + tap * channels, channels)
            table.multiply_add(dy, weights.pointer + tap * channels, derivative + starts[sequence] + place, channels)
        }
        for frame in 0..<call.output.frames {
            table.add_scaled(1, call.dy + frame * channels, call.gradient + layer.out * columns, channels)
        }
        for tap in 0..<layer.kernel {
            for out in 0..<channels { call.gradient[place(out, 0, tap)] += gradient[tap * channels + out] }
        }
    }

    private func returnThrough(_ group: Int, _ call: LayerReturn, _ derivative: UnsafeMutablePointer<Float>) {
        let (table, outputs, rows) = (call.kernels.table.pointee, groupOutputs, call.output.frames)
        let columns = call.record.floats(Self.columnBuffer).pointer
        gather(call.record, call.output, group, into: columns)
        let gradient = call.shared.floats(1).reserve(outputs * self.columns)
        gradient.update(repeating: 0, count: outputs * self.columns)
        let inputs = WeightGradient.rows(columns, count: rows, stride: self.columns, in: call.shared.rows.0)
        let dy = call.dy + group * outputs
        WeightGradient(call).add(
            frames: rows, dy: dy, stride: layer.out, outputs: outputs,
            sums: call.gradient + layer.out * self.columns + group * outputs,
            .init(rows: inputs, width: self.columns, outputs: outputs, gradient: gradient))
        for out in 0..<outputs {
            for tap in 0..<layer.kernel {
                for input in 0..<groupInputs {
                    call.gradient[place(group * outputs + out, input, tap)] +=
                        gradient[out * self.columns + tap * groupInputs + input]
                }
            }
        }
        products[group].applyTransposed(rows: rows, dy: dy, stride: layer.out, dx: columns)
        let starts = call.record.integers(Buffer.starts).pointer
        forEachTap(call.output) { sequence, frame, tap, place in
            table.add_scaled(
                1, columns + frame * self.columns + tap * groupInputs,
                derivative + starts[sequence] + place + group * groupInputs, groupInputs)
        }
    }
}
