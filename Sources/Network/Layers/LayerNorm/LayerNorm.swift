import CDuctusKernels

/// Makes each frame free of its mean and scale, then gives every number a scale and an offset of its own (Ba et al.
/// 2016). PyTorch's `LayerNorm`.
public struct LayerNorm: Normalization {
    public static let name = "layerNorm"

    public var `in`: Int
    public var epsilon: Float

    /// A normalization of frames of `in` numbers. `epsilon` is added to the variance.
    public init(in: Int, epsilon: Float = 1e-5) {
        self.in = `in`
        self.epsilon = epsilon
    }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer { PreparedLayerNorm(self) }
}

/// Unchecked, because its memory is written only in `prepare`, which its owner calls while no other thread reads it.
final class PreparedLayerNorm: PreparedLayer, @unchecked Sendable {
    private let layer: LayerNorm
    /// Weight, then bias.
    private let parameters = Memory<Float>()

    private enum Buffer {
        /// Frames without mean and scale.
        static let normalized = 0
        /// The factor of each frame, one over its deviation.
        static let scales = 1
    }

    init(_ layer: LayerNorm) {
        self.layer = layer
    }

    func prepare(_ parameters: UnsafePointer<Float>) {
        self.parameters.reserve(2 * layer.in).update(from: parameters, count: 2 * layer.in)
    }

    func forward(_ call: LayerCall) {
        let frames = call.input.frames
        let keeps = call.keepsActivations
        call.kernels.table.pointee.normalize_rows(
            call.x, call.y, keeps ? call.record.floats(Buffer.normalized).reserve(frames * layer.in) : nil,
            keeps ? call.record.floats(Buffer.scales).reserve(frames) : nil, frames, layer.in, layer.epsilon,
            parameters.pointer, parameters.pointer + layer.in)
    }

    func backward(_ call: LayerReturn) {
        call.kernels.table.pointee.normalize_rows_backward(
            call.record.floats(Buffer.normalized).pointer, call.record.floats(Buffer.scales).pointer, call.dy, call.dx,
            call.input.frames, layer.in, parameters.pointer, call.gradient, call.gradient + layer.in)
    }
}

extension Layer {
    /// Makes each frame free of its mean and scale.
    public static func layerNorm(_ kind: LayerNorm) -> Layer { Layer(kind) }
}
