import CDuctusKernels

/// A convolution along time, ready to run.
///
/// With the weights laid out as out × kernel × in, the frames under one output are one contiguous row of the padded input, and
/// the rows of successive outputs start `stride` frames apart: the convolution is a plain matrix product without unfolding.
final class PreparedConvolution: PreparedLayer {
    private let layer: Convolution1D
    private let product: PreparedProduct
    private let trains: Bool

    /// The layer's buffers in a call's record.
    private enum Buffer {
        /// The input with its left context and padding, each sequence for itself.
        static let padded = 0
        /// The sums before the activation.
        static let sums = 1
        /// Of integers: where each sequence's padded input begins.
        static let starts = 0
    }

    init(_ layer: Convolution1D, _ settings: LayerSettings) {
        self.layer = layer
        trains = settings.trains
        product = PreparedProduct(outputs: layer.out, inputs: layer.kernel * layer.in, settings)
    }

    private var inner: Int { layer.kernel * layer.in }

    /// Takes up the layer's parameters: weight (out × in × kernel), bias.
    func prepare(_ parameters: UnsafePointer<Float>) {
        let weights = product.weights.reserve(layer.out * inner)
        for out in 0..<layer.out {
            for k in 0..<layer.kernel {
                for i in 0..<layer.in {
                    weights[out * inner + k * layer.in + i] = parameters[(out * layer.in + i) * layer.kernel + k]
                }
            }
        }
        product.bias.pointer.update(from: parameters + layer.out * inner, count: layer.out)
        product.pack()
        if trains { product.packTransposed() }
    }

    func forward(_ call: LayerCall) {
        let table = call.kernels.table.pointee
        pad(call)
        let count = call.output.frames * layer.out
        let sums = call.keepsActivations ? call.record.floats(Buffer.sums).reserve(count) : call.y
        let starts = call.record.integers(Buffer.starts).pointer
        for sequence in 0..<call.input.sequences {
            product.apply(
                rows: Int(call.output.lengths[sequence]), x: call.record.floats(Buffer.padded).pointer + starts[sequence],
                stride: layer.stride * layer.in, y: sums + Int(call.output.offsets[sequence]) * layer.out,
                outputStride: layer.out, scratch: call.scratch)
        }
        if layer.activation != .none || call.keepsActivations {
            table.activate(layer.activation.code, sums, call.y, count)
        }
        for sequence in 0..<call.input.sequences {
            if let context = call.state(sequence) { carryContext(call, sequence, context.values) }
        }
    }

    /// Number, within its stream, of the first frame that a sequence's first output sees; negative within the padding.
    private func leftEdge(_ output: Boundary, _ sequence: Int) -> Int {
        output.firsts[sequence] * layer.stride - layer.padding
    }

    /// Lays out each sequence with what its outputs see: padding or the stream's last frames at the left, padding at its end.
    private func pad(_ call: LayerCall) {
        let starts = call.record.integers(Buffer.starts).reserve(call.input.sequences)
        var total = 0
        for sequence in 0..<call.input.sequences {
            starts[sequence] = total
            total += paddedFrames(call.output, sequence) * layer.in
        }
        let padded = call.record.floats(Buffer.padded).reserve(total)
        let width = layer.in
        for sequence in 0..<call.input.sequences {
            let left = leftEdge(call.output, sequence)
            let first = call.input.firsts[sequence]
            let edge = first + Int(call.input.lengths[sequence])
            let frames = paddedFrames(call.output, sequence)
            let window = call.x + Int(call.input.offsets[sequence]) * width
            var row = padded + starts[sequence]
            var frame = left
            let end = left + frames
            func fill(upTo limit: Int, from source: UnsafePointer<Float>?) {
                let count = min(limit, end) - frame
                guard count > 0 else { return }
                if let source {
                    row.update(from: source, count: count * width)
                } else {
                    row.update(repeating: 0, count: count * width)
                }
                row += count * width
                frame += count
            }
            fill(upTo: 0, from: nil)
            if frame < first {
                fill(upTo: first, from: (call.state(sequence)?.values).map { $0 + (frame - first + layer.kernel - 1) * width })
            }
            if frame < edge { fill(upTo: edge, from: window + (frame - first) * width) }
            fill(upTo: end, from: nil)
        }
    }

    private func paddedFrames(_ output: Boundary, _ sequence: Int) -> Int {
        let outputs = Int(output.lengths[sequence])
        return outputs == 0 ? 0 : (outputs - 1) * layer.stride + layer.kernel
    }

    /// The stream keeps the last kernel − 1 of its committed frames.
    private func carryContext(_ call: LayerCall, _ sequence: Int, _ context: UnsafeMutablePointer<Float>) {
        let kept = layer.kernel - 1
        let width = layer.in
        let chunk = Int(call.input.commits[sequence])
        let window = call.x + Int(call.input.offsets[sequence]) * width
        if chunk >= kept {
            context.update(from: window + (chunk - kept) * width, count: kept * width)
        } else {
            context.update(from: context + chunk * width, count: (kept - chunk) * width)
            (context + (kept - chunk) * width).update(from: window, count: chunk * width)
        }
    }

    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let count = call.output.frames * layer.out
        table.activate_backward(layer.activation.code, call.record.floats(Buffer.sums).pointer, call.dy, call.dy, count)
        addWeightGradient(call)
        guard let dx = call.dx else { return }
        dx.update(repeating: 0, count: call.input.frames * layer.in)
        var longest = 0
        for sequence in 0..<call.output.sequences { longest = max(longest, Int(call.output.lengths[sequence])) }
        let columns = call.shared.floats(1).reserve(longest * inner)
        for sequence in 0..<call.input.sequences { addInputGradient(call, sequence, columns, dx) }
    }

    private func addWeightGradient(_ call: LayerReturn) {
        let weights = call.shared.floats(0).reserve(layer.out * inner)
        weights.update(repeating: 0, count: layer.out * inner)
        let rows = call.shared.rows.0.reserve(call.output.frames)
        for sequence in 0..<call.input.sequences {
            let padded = call.record.floats(Buffer.padded).constant + call.record.integers(Buffer.starts).pointer[sequence]
            let first = rows + Int(call.output.offsets[sequence])
            for frame in 0..<Int(call.output.lengths[sequence]) {
                first[frame] = padded + frame * layer.stride * layer.in
            }
        }
        WeightGradient(call).add(
            frames: call.output.frames, dy: call.dy, stride: layer.out, outputs: layer.out,
            sums: call.gradient + layer.out * inner,
            .init(rows: rows, width: inner, outputs: layer.out, gradient: weights))
        for out in 0..<layer.out {
            for k in 0..<layer.kernel {
                for i in 0..<layer.in {
                    call.gradient[(out * layer.in + i) * layer.kernel + k] += weights[out * inner + k * layer.in + i]
                }
            }
        }
    }

    /// Frames of padding and of a stream's left context get no gradient: what came before is over.
    private func addInputGradient(
        _ call: LayerReturn, _ sequence: Int, _ columns: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>
    ) {
        let rows = Int(call.output.lengths[sequence])
        product.applyTransposed(rows: rows, dy: call.dy + Int(call.output.offsets[sequence]) * layer.out, dx: columns)
        let table = call.kernels.table.pointee
        let first = leftEdge(call.output, sequence) - call.input.firsts[sequence]
        let target = dx + Int(call.input.offsets[sequence]) * layer.in
        for row in 0..<rows {
            let left = first + row * layer.stride
            let begin = max(left, 0)
            let end = min(left + layer.kernel, Int(call.input.lengths[sequence]))
            guard begin < end else { continue }
            table.add_scaled(
                1, columns + row * inner + (begin - left) * layer.in, target + begin * layer.in,
                (end - begin) * layer.in)
        }
    }
}
