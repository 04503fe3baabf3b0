/// How long the gradient is, whole and by layer: where it vanishes or explodes is seen here.
public struct GradientNorms: Sendable, Equatable {
    /// The Euclidean norm of each layer's part; 0 where a layer has no parameters.
    public let layers: [Float]
    /// The Euclidean norm of the whole.
    public let total: Float

    public init(_ gradient: [Float], _ layout: ParameterLayout) {
        let squares = gradient.withUnsafeBufferPointer { gradient in
            layout.layers.map { squaredLength(UnsafeBufferPointer(rebasing: gradient[$0])) }
        }
        layers = squares.map { Float($0.squareRoot()) }
        total = Float(squares.reduce(0, +).squareRoot())
    }

    /// Scales the gradient down so that its norm is at most `limit` (Pascanu et al. 2013).
    ///
    /// A norm that is no finite number makes the gradient zero: such a step must change nothing.
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

/// The sum of squares, in eight partial sums so that the compiler can use vector registers.
private func squaredLength(_ values: UnsafeBufferPointer<Float>) -> Double {
    var total = 0.0
    var start = 0
    while start < values.count {
        let end = min(start + 4096, values.count)
        var lanes = SIMD8<Float>(repeating: 0)
        var i = start
        while i + 8 <= end {
            let vector = UnsafeRawPointer(values.baseAddress! + i).loadUnaligned(as: SIMD8<Float>.self)
            lanes += vector * vector
            i += 8
        }
        var sum = Double(lanes.sum())
        while i < end {
            sum += Double(values[i] * values[i])
            i += 1
        }
        total += sum
        start = end
    }
    return total
}
