import CKernels

/// A linear layer, ready to run.
final class PreparedLinear: Sendable {
    private let layer: Linear
    private let product: PreparedProduct

    init(_ layer: Linear, precision: Precision, kernels: Kernels) {
        self.layer = layer
        product = PreparedProduct(outputs: layer.out, inputs: layer.in, precision: precision, kernels: kernels)
    }

    /// Takes up the layer's parameters: weight, bias.
    func prepare(_ parameters: UnsafePointer<Float>) {
        product.weights.reserve(layer.out * layer.in).update(from: parameters, count: layer.out * layer.in)
        product.bias.pointer.update(from: parameters + layer.out * layer.in, count: layer.out)
        product.pack()
    }

    func forward(_ call: LayerCall) {
        product.apply(
            rows: call.input.frames, x: call.x, stride: layer.in, y: call.y, outputStride: layer.out,
            scratch: call.scratch)
        if let mask = call.mask {
            call.kernels.table.pointee.multiply(call.y, mask, call.y, call.output.frames * layer.out)
        }
    }

    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let rows = call.input.frames
        if let mask = call.mask { table.multiply(call.dy, mask, call.dy, rows * layer.out) }
        table.add_column_sums(call.dy, rows, layer.out, layer.out, call.gradient + layer.out * layer.in)
        MatrixProduct.transposedMultiply(
            .init(base: call.dy, stride: layer.out), .init(base: call.x, stride: layer.in), into: call.gradient,
            stride: layer.in, rows: layer.out, columns: layer.in, inner: rows, keep: 1)
        if let dx = call.dx {
            MatrixProduct.multiply(
                .init(base: call.dy, stride: layer.out), .init(base: product.weights.pointer, stride: layer.in),
                into: dx, stride: layer.in, rows: rows, columns: layer.in, inner: layer.out, keep: 0)
        }
    }
}
