import CDuctusKernels

/// A transposed convolution, ready to run: one product gives what every frame adds to its outputs, then those are added
/// up.
final class PreparedTransposedConvolution: PreparedLayer {
    private let layer: TransposedConvolution1D
    /// kernel · out rows, [tap][out].
    private let product: PreparedProduct
    private let bias = PreparedVector()
    private let trains: Bool

    private enum Buffer {
        /// Each sequence's frames, with the stream's last ones before them.
        static let padded = 0
        /// The product of each input frame with all taps.
        static let columns = 1
        /// The sums before the activation.
        static let sums = 2
    }

    init(_ layer: TransposedConvolution1D, _ settings: LayerSettings) {
        self.layer = layer
        trains = settings.trains
        product = PreparedProduct(outputs: layer.kernel * layer.out, inputs: layer.in, settings)
    }

    private var columns: Int { layer.kernel * layer.out }

    /// Takes up the layer's parameters: weight (in × out × kernel), bias.
    func prepare(_ parameters: UnsafePointer<Float>) {
        let weights = product.weights.reserve(columns * layer.in)
        for i in 0..<layer.in {
            for out in 0..<layer.out {
                for k in 0..<layer.kernel {
                    weights[(k * layer.out + out) * layer.in + i] = parameters[(i * layer.out + out) * layer.kernel + k]
                }
            }
        }
        bias.load(parameters + columns * layer.in, layer.out)
        product.pack()
        if trains { product.packTransposed() }
    }

    /// Row of a sequence's first frame in the padded input.
    private func start(_ input: Boundary, _ sequence: Int) -> Int {
        Int(input.offsets[sequence]) + sequence * layer.context
    }

    func forward(_ call: LayerCall) {
        let table = call.kernels.table.pointee
        let rows = call.input.frames + call.input.sequences * layer.context
        let padded = call.record.floats(Buffer.padded).reserve(rows * layer.in)
        for sequence in 0..<call.input.sequences {
            let begin = padded + start(call.input, sequence) * layer.in
            let context = layer.context * layer.in
            if let state = call.state(sequence) {
                begin.update(from: state.values, count: context)
            } else {
                begin.update(repeating: 0, count: context)
            }
            (begin + context).update(
                from: call.x + Int(call.input.offsets[sequence]) * layer.in,
                count: Int(call.input.lengths[sequence]) * layer.in)
            // The stream keeps the last of its committed frames, which lie before those of the lookahead.
            call.state(sequence)?.values.update(
                from: begin + Int(call.input.commits[sequence]) * layer.in, count: context)
        }
        let columns = call.record.floats(Buffer.columns).reserve(rows * self.columns)
        product.apply(
            rows: rows, x: padded, stride: layer.in, y: columns, outputStride: self.columns, scratch: call.scratch)
        let count = call.output.frames * layer.out
        let sums = call.keepsActivations ? call.record.floats(Buffer.sums).reserve(count) : call.y
        for frame in 0..<call.output.frames {
            (sums + frame * layer.out).update(from: bias.pointer, count: layer.out)
        }
        forEachTap(call.input, call.output) { row, tap, output in
            table.add_scaled(1, columns + row * self.columns + tap * layer.out, sums + output * layer.out, layer.out)
        }
        if layer.activation != .none || call.keepsActivations {
            table.activate(layer.activation.code, sums, call.y, count)
        }
    }

    /// Calls `body` for each padded row and tap that has an output in this call: row, tap, output frame of the batch.
    private func forEachTap(_ input: Boundary, _ output: Boundary, _ body: (Int, Int, Int) -> Void) {
        for sequence in 0..<input.sequences {
            let begin = start(input, sequence)
            for row in 0..<layer.context + Int(input.lengths[sequence]) {
                let frame = input.firsts[sequence] - layer.context + row
                guard frame >= 0 else { continue }
                let first = frame * layer.factor - layer.padding - output.firsts[sequence]
                for tap in 0..<layer.kernel where (0..<Int(output.lengths[sequence])).contains(first + tap) {
                    body(begin + row, tap, Int(output.offsets[sequence]) + first + tap)
                }
            }
        }
    }

    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let count = call.output.frames * layer.out
        table.activate_backward(
            layer.activation.code, call.record.floats(Buffer.sums).pointer, call.dy, call.dy, count)
        let bias = call.gradient + columns * layer.in
        for frame in 0..<call.output.frames { table.add_scaled(1, call.dy + frame * layer.out, bias, layer.out) }

        let rows = call.input.frames + call.input.sequences * layer.context
        let columns = call.record.floats(Buffer.columns).pointer
        columns.update(repeating: 0, count: rows * self.columns)
        forEachTap(call.input, call.output) { row, tap, output in
            (columns + row * self.columns + tap * layer.out).update(
                from: call.dy + output * layer.out, count: layer.out)
        }
        let weights = call.shared.floats(0).reserve(self.columns * layer.in + self.columns)
        weights.update(repeating: 0, count: self.columns * layer.in + self.columns)
        let inputs = WeightGradient.rows(
            call.record.floats(Buffer.padded).pointer, count: rows, stride: layer.in, in: call.shared.rows.0)
        WeightGradient(call).add(
            frames: rows, dy: columns, stride: self.columns, outputs: self.columns,
            sums: weights + self.columns * layer.in,
            .init(rows: inputs, width: layer.in, outputs: self.columns, gradient: weights))
        for i in 0..<layer.in {
            for out in 0..<layer.out {
                for k in 0..<layer.kernel {
                    call.gradient[(i * layer.out + out) * layer.kernel + k] +=
                        weights[(k * layer.out + out) * layer.in + i]
                }
            }
        }
        guard let dx = call.dx else { return }
        for sequence in 0..<call.input.sequences {
            product.applyTransposed(
                rows: Int(call.input.lengths[sequence]),
                dy: columns + (start(call.input, sequence) + layer.context) * self.columns,
                dx: dx + Int(call.input.offsets[sequence]) * layer.in)
        }
    }
}
