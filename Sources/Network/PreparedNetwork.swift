/// A network's weights laid out for the kernels, layer by layer.
final class PreparedNetwork: Sendable {
    let architecture: Architecture
    let layout: ParameterLayout
    let kernels: Kernels
    let parts: [any PreparedLayer]
    /// The kinds of the layers: each call asks them for their lengths.
    let kinds: [any LayerKind]
    let wiring: Wiring
    /// The layers and memory slots that the network's own output needs.
    let plan: InferencePlan
    /// Which layers multiply by dropout's factors themselves.
    let masksItself: [Bool]
    /// Labels that the main input must consist of, where it must.
    let labels: [Range<Int>?]

    init(
        _ architecture: Architecture, _ layout: ParameterLayout, precision: Precision, kernels: Kernels, trains: Bool
    ) {
        self.architecture = architecture
        self.layout = layout
        self.kernels = kernels
        let wiring = Wiring(architecture)
        self.wiring = wiring
        plan = InferencePlan(wiring, heads: [architecture.layers.count - 1])
        kinds = architecture.layers.map(\.kind)
        parts = architecture.layers.enumerated().map { index, layer in
            layer.kind.prepare(
                LayerSettings(
                    inputs: wiring.inputWidths[index], precision: precision, kernels: kernels, trains: trains))
        }
        masksItself = parts.map(\.masksItself)
        var labels = [Range<Int>?](repeating: nil, count: wiring.inputs)
        for (index, layer) in architecture.layers.enumerated() {
            for source in wiring.sources[index] where source < wiring.inputs {
                guard let range = layer.kind.labels else { continue }
                labels[source] = labels[source].map { $0.clamped(to: range) } ?? range
            }
        }
        self.labels = labels
    }

    /// Numbers per frame of a layer's output.
    func width(of layer: Int) -> Int { wiring.widths[wiring.inputs + layer] }

    /// Takes up parameters. Nobody may run the network meanwhile.
    func prepare(_ parameters: UnsafePointer<Float>) {
        for index in parts.indices { prepare(layer: index, parameters) }
    }

    func prepare(layer index: Int, _ parameters: UnsafePointer<Float>) {
        parts[index].prepare(parameters + layout.layers[index].lowerBound)
    }

    /// Runs the layers of a plan over what `workspace.plan` set up.
    ///
    /// - Returns: the last layer's output, in the workspace.
    @discardableResult
    func infer(_ plan: InferencePlan, windows: [Window]?, _ workspace: Workspace) -> UnsafePointer<Float> {
        let record = workspace.records[0]
        for (index, part) in parts.enumerated() {
            guard let slot = plan.slots[index] else { continue }
            workspace.lease.renew()
            let output = workspace.boundaries[wiring.inputs + index]
            let y = workspace.activations[slot].reserve(output.frames * width(of: index))
            part.forward(
                workspace.call(
                    self, index, y: y, record: record, windows: windows, keepsActivations: false, mask: nil))
            workspace.frames[wiring.inputs + index] = UnsafePointer(y)
        }
        return workspace.frames[wiring.inputs + parts.count - 1] ?? UnsafePointer(workspace.activations[0].pointer)
    }
}
