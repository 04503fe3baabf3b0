import DuctusRandomness

extension ParameterLayout {
    /// Fresh parameters for a network that has learned nothing.
    ///
    /// Uniform weights scaled by fan-in and fan-out (Glorot and Bengio 2010), orthogonal recurrent weights per gate
    /// (Saxe et al. 2014), zero biases, except the forget gate's of an LSTM: 1 in `bias_ih`, 0 in `bias_hh` (Gers et al. 2000).
    /// Each tensor draws from a generator of its own, so that a change in one layer leaves the others as they were.
    public func freshParameters(for architecture: Architecture, seed: UInt64) -> [Float] {
        var parameters = [Float](repeating: 0, count: count)
        for (index, tensor) in tensors.enumerated() {
            var generator = SplitMix64(seed: seed).split(index)
            if tensor.name.contains("weight_hh") {
                fillOrthogonal(&parameters, tensor, &generator)
            } else if tensor.isWeight {
                fillUniform(&parameters, tensor, gates: architecture.gates(of: tensor), &generator)
            } else if tensor.name.contains("bias_ih"), case .recurrent(let layer) = architecture.layers[tensor.layer],
                layer.cell == .lstm
            {
                for unit in 0..<layer.hidden { parameters[tensor.offset + layer.hidden + unit] = 1 }
            }
        }
        return parameters
    }

    private func fillUniform(
        _ parameters: inout [Float], _ tensor: ParameterTensor, gates: Int, _ generator: inout SplitMix64
    ) {
        let receptive = tensor.shape.dropFirst(2).reduce(1, *)
        let fans = Float(tensor.shape[1] * receptive + tensor.shape[0] / gates * receptive)
        let bound = (6 / fans).squareRoot()
        for index in tensor.range { parameters[index] = (2 * generator.uniform() - 1) * bound }
    }

    /// Each gate's square block becomes an orthogonal matrix, by Gram and Schmidt on normal rows, in double precision.
    private func fillOrthogonal(_ parameters: inout [Float], _ tensor: ParameterTensor, _ generator: inout SplitMix64) {
        let width = tensor.shape[1]
        for block in stride(from: 0, to: tensor.shape[0], by: width) {
            var rows: [[Double]] = []
            for row in 0..<width {
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
                    parameters[tensor.offset + (block + row) * width + k] = Float(vector[k])
                }
                rows.append(vector)
            }
        }
    }
}

extension Architecture {
    fileprivate func gates(of tensor: ParameterTensor) -> Int {
        if case .recurrent(let layer) = layers[tensor.layer] { layer.cell.gates } else { 1 }
    }
}
