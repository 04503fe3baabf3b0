import DuctusRandomness

extension ParameterLayout {
    /// Fresh parameters for a network that has learned nothing, as each layer's kind declares them.
    ///
    /// Each tensor draws from a generator of its own, so that a change in one layer leaves the others as they were.
    public func freshParameters(for architecture: Architecture, seed: UInt64) -> [Float] {
        var parameters = [Float](repeating: 0, count: count)
        let declarations = architecture.declarations.flatMap { $0 }
        for (index, (tensor, declaration)) in zip(tensors, declarations).enumerated() {
            var generator = SplitMix64(seed: seed).split(index)
            parameters.withUnsafeMutableBufferPointer { buffer in
                let values = UnsafeMutableBufferPointer(rebasing: buffer[tensor.range])
                declaration.initialization.fill(values, width: tensor.shape.last ?? 1, &generator)
            }
        }
        return parameters
    }
}

extension Initialization {
    /// - Parameter width: numbers in a row.
    fileprivate func fill(_ values: UnsafeMutableBufferPointer<Float>, width: Int, _ generator: inout SplitMix64) {
        switch self {
        case .constant(let value):
            values.update(repeating: value)
        case .uniform(let fanIn, let fanOut):
            let bound = (6 / Float(fanIn + fanOut)).squareRoot()
            for index in values.indices { values[index] = (2 * generator.uniform() - 1) * bound }
        case .normal(let deviation):
            for index in values.indices { values[index] = deviation * generator.normal() }
        case .each(let value):
            for index in values.indices { values[index] = value(index) }
        case .orthogonal:
            for start in stride(from: 0, to: values.count, by: width * width) {
                Self.fillOrthogonal(values, from: start, width: width, &generator)
            }
        }
    }

    /// A square block becomes an orthogonal matrix, by Gram and Schmidt on normal rows, in double precision. Where rows
    /// are left over, the block is not square, but its rows are orthogonal all the same.
    private static func fillOrthogonal(
        _ values: UnsafeMutableBufferPointer<Float>, from start: Int, width: Int, _ generator: inout SplitMix64
    ) {
        var rows: [[Double]] = []
        for row in 0..<min(width, (values.count - start) / width) {
            var vector = (0..<width).map { _ in Double(generator.normal()) }
            for _ in 0..<2 {  // a second sweep removes what rounding left of the first
                for earlier in rows {
                    let overlap = zip(vector, earlier).reduce(0) { $0 + $1.0 * $1.1 }
                    for k in 0..<width { vector[k] -= overlap * earlier[k] }
                }
            }
            let length = max(vector.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
            for k in 0..<width {
                vector[k] /= length
                values[start + row * width + k] = Float(vector[k])
            }
            rows.append(vector)
        }
    }
}
