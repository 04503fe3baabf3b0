/// A network's weights laid out for the kernels, layer by layer.
final class PreparedNetwork: Sendable {
    enum Part: Sendable {
        case convolution(PreparedConvolution)
        case recurrent(PreparedRecurrent)
        case linear(PreparedLinear)
        case logSoftmax(width: Int)
    }

    let architecture: Architecture
    let layout: ParameterLayout
    let kernels: Kernels
    let parts: [Part]
    /// Numbers per frame at each boundary, the input first.
    let widths: [Int]

    init(
        _ architecture: Architecture, _ layout: ParameterLayout, precision: Precision, kernels: Kernels, trains: Bool
    ) {
        self.architecture = architecture
        self.layout = layout
        self.kernels = kernels
        var widths = [architecture.input]
        parts = architecture.layers.map { layer in
            defer { widths.append(layer.output(of: widths[widths.count - 1])) }
            switch layer {
            case .convolution1D(let layer):
                return .convolution(PreparedConvolution(layer, precision: precision, kernels: kernels, trains: trains))
            case .recurrent(let layer):
                return .recurrent(PreparedRecurrent(layer, precision: precision, kernels: kernels, trains: trains))
            case .linear(let layer):
                return .linear(PreparedLinear(layer, precision: precision, kernels: kernels, trains: trains))
            case .logSoftmax:
                return .logSoftmax(width: widths[widths.count - 1])
            }
        }
        self.widths = widths
    }

    /// Takes up parameters. Nobody may run the network meanwhile.
    func prepare(_ parameters: UnsafePointer<Float>) {
        for index in parts.indices { prepare(layer: index, parameters) }
    }

    func prepare(layer index: Int, _ parameters: UnsafePointer<Float>) {
        let own = parameters + layout.layers[index].lowerBound
        switch parts[index] {
        case .convolution(let part): part.prepare(own)
        case .recurrent(let part): part.prepare(own)
        case .linear(let part): part.prepare(own)
        case .logSoftmax: break
        }
    }

    /// Runs all layers over what `workspace.plan` set up.
    ///
    /// - Returns: the last layer's output, in the workspace.
    func infer(_ frames: UnsafePointer<Float>, windows: [Window]?, _ workspace: Workspace) -> UnsafePointer<Float> {
        var x = frames
        for (index, part) in parts.enumerated() {
            let memory = index % 2 == 0 ? workspace.activations.0 : workspace.activations.1
            let output = workspace.boundaries[index + 1]
            let call = LayerCall(
                kernels: kernels, index: index, input: workspace.boundaries[index], output: output, x: x,
                y: memory.reserve(output.frames * widths[index + 1]), record: workspace.records[0],
                scratch: workspace.kernelScratch, windows: windows, keepsActivations: false, mask: nil)
            part.forward(call)
            x = UnsafePointer(call.y)
        }
        return x
    }
}

extension PreparedNetwork.Part {
    func forward(_ call: LayerCall) {
        switch self {
        case .convolution(let part): part.forward(call)
        case .recurrent(let part): part.forward(call)
        case .linear(let part): part.forward(call)
        case .logSoftmax(let width):
            call.kernels.table.pointee.log_softmax(call.x, call.y, call.input.frames, width)
        }
    }
    /// logSoftmax has no way back of its own: the losses give their derivative by what went into it.
    func backward(_ call: LayerReturn) {
        switch self {
        case .convolution(let part): part.backward(call)
        case .recurrent(let part): part.backward(call)
        case .linear(let part): part.backward(call)
        case .logSoftmax: break
        }
    }
}
