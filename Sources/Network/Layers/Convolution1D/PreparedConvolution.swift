import CDuctusKernels

/// A convolution along time, ready to run.
///
/// With the weights laid out as out × kernel × in, the frames under one output are one contiguous row of the padded
/// input, and the rows of successive outputs start `stride` frames apart: the convolution is a plain matrix product
/// without unfolding.
final class PreparedConvolution: PreparedLayer {
    private let layer: Convolution1D
    private let product: PreparedProduct
    private let trains: Bool
    private let frames: PaddedFrames

    private typealias Buffer = PaddedFrames.Buffer

    init(_ layer: Convolution1D, _ settings: LayerSettings) {
        self.layer = layer
        trains = settings.trains
        frames = PaddedFrames(layer)
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
        frames.pad(call)
        let count = call.output.frames * layer.out
        let sums = call.keepsActivations ? call.record.floats(Buffer.sums).reserve(count) : call.y
        let starts = call.record.integers(Buffer.starts).pointer
        for sequence in 0..<call.input.sequences {
            product.apply(
                rows: Int(call.output.lengths[sequence]),
                x: call.record.floats(Buffer.padded).pointer + starts[sequence],
                stride: layer.stride * layer.in, y: sums + Int(call.output.offsets[sequence]) * layer.out,
                outputStride: layer.out, scratch: call.scratch)
        }
        if layer.activation != .none || call.keepsActivations {
            table.activate(layer.activation.code, sums, call.y, count)
        }
        frames.carry(call)
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
            let padded =
                call.record.floats(Buffer.padded).constant + call.record.integers(Buffer.starts).pointer[sequence]
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
        let first = frames.leftEdge(call.output, sequence) - call.input.firsts[sequence]
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
