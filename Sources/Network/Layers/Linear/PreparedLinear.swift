import CDuctusKernels

/// A linear layer, ready to run.
final class PreparedLinear: PreparedLayer {
    private let layer: Linear
    private let product: PreparedProduct
    private let trains: Bool

    init(_ layer: Linear, _ settings: LayerSettings) {
        self.layer = layer
        trains = settings.trains
        product = PreparedProduct(outputs: layer.out, inputs: layer.in, settings)
    }

    /// Takes up the layer's parameters: weight, bias.
    func prepare(_ parameters: UnsafePointer<Float>) {
        product.weights.reserve(layer.out * layer.in).update(from: parameters, count: layer.out * layer.in)
        product.bias.pointer.update(from: parameters + layer.out * layer.in, count: layer.out)
        product.pack()
        if trains { product.packTransposed() }
    }

    func forward(_ call: LayerCall) {
        product.apply(
            rows: call.input.frames, x: call.x, stride: layer.in, y: call.y, outputStride: layer.out,
            scratch: call.scratch)
    }

    func backward(_ call: LayerReturn) {
        let rows = call.input.frames
        let inputs = WeightGradient.rows(call.x, count: rows, stride: layer.in, in: call.shared.rows.0)
        WeightGradient(call).add(
            frames: rows, dy: call.dy, stride: layer.out, outputs: layer.out,
            sums: call.gradient + layer.out * layer.in,
            .init(rows: inputs, width: layer.in, outputs: layer.out, gradient: call.gradient))
        if let dx = call.dx { product.applyTransposed(rows: rows, dy: call.dy, dx: dx) }
    }
}
