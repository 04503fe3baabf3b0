/// The norms of the gradient, whole and by layer. They show where it vanishes or explodes.
public struct GradientNorms: Sendable, Equatable {
    /// The Euclidean norm of each layer's part; 0 where a layer has no parameters.
    public let layers: [Float]
    /// The Euclidean norm of the whole.
    public let total: Float

    /// The lengths of a gradient, layer by layer. The gradient has the order of `layout`.
    public init(_ gradient: [Float], _ layout: ParameterLayout) {
        let squares = gradient.withUnsafeBufferPointer { gradient in
            layout.layers.map { squaredLength(UnsafeBufferPointer(rebasing: gradient[$0])) }
        }
        layers = squares.map { Float($0.squareRoot()) }
        total = Float(squares.reduce(0, +).squareRoot())
    }

    /// Scales the gradient down so that its norm is at most `limit` (Pascanu et al. 2013).
    ///
    /// If the norm is not finite, the gradient becomes zero, so that the step changes nothing.
    ///
    /// - Returns: the norm before.
    @discardableResult
    public static func clip(_ gradient: inout [Float], toNorm limit: Float) -> Float {
        let norm = gradient.withUnsafeBufferPointer { Float(squaredLength($0).squareRoot()) }
        if norm <= limit { return norm }
        let scale = norm.isFinite ? limit / norm : 0
        gradient.withUnsafeMutableBufferPointer { gradient in
            if norm.isFinite {
                for i in gradient.indices { gradient[i] *= scale }
            } else {
                gradient.update(repeating: 0)
            }
        }
        return norm
    }
}

private func squaredLength(_ values: UnsafeBufferPointer<Float>) -> Double {
    values.baseAddress.map { Kernels.standard.table.pointee.squared_norm($0, values.count) } ?? 0
}
