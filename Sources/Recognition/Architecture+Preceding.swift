import DuctusNetwork

extension Architecture {
    /// The same layers behind a new first layer. It reads the main input, and they read its output.
    ///
    /// - Parameter input: the numbers per frame of the new main input.
    package func preceded(by first: Layer, input: Int) -> Architecture {
        var architecture = self
        architecture.input = input
        architecture.layers = [first]
        for layer in layers {
            let from = layer.from.map { source -> LayerSource in
                switch source {
                case .layer(let number): .layer(number + 1)
                case .input(0): .layer(0)
                case .input: source
                }
            }
            architecture.layers.append(Layer(layer.kind, from: from))
        }
        architecture.heads = heads.map { Head(name: $0.name, layer: $0.layer + 1) }
        return architecture
    }
}
