/// One named tensor within the flat buffer of a network's parameters.
public struct ParameterTensor: Hashable, Sendable {
    /// `layers.<i>.<PyTorch's name>`, such as `layers.2.weight_hh_l0_reverse`.
    public let name: String
    /// Row-major, as PyTorch has it.
    public let shape: [Int]
    /// The offset of its first number in the flat buffer.
    public let offset: Int
    /// The layer it belongs to.
    public let layer: Int

    /// The number of its values.
    public var count: Int { shape.reduce(1, *) }
    /// The range of its values in the flat buffer.
    public var range: Range<Int> { offset..<offset + count }
    /// A matrix or kernel rather than a bias.
    public var isWeight: Bool { shape.count > 1 }
}

/// The layout of a network's tensors in the flat buffer that optimizers, averages and weight files work on.
public struct ParameterLayout: Hashable, Sendable {
    /// The tensors in the order of the buffer: layer by layer, without gaps.
    public let tensors: [ParameterTensor]
    /// The length of the buffer.
    public let count: Int
    /// For each layer, its part of the buffer (empty where a layer has no parameters).
    public let layers: [Range<Int>]

    /// The layout of an architecture's parameters, layer after layer.
    public init(_ architecture: Architecture) {
        var tensors: [ParameterTensor] = []
        var layers: [Range<Int>] = []
        var offset = 0
        for (index, declarations) in architecture.declarations.enumerated() {
            let start = offset
            for declaration in declarations {
                let tensor = ParameterTensor(
                    name: "layers.\(index).\(declaration.name)", shape: declaration.shape, offset: offset, layer: index)
                tensors.append(tensor)
                offset += tensor.count
            }
            layers.append(start..<offset)
        }
        self.tensors = tensors
        self.layers = layers
        count = offset
    }

    /// The tensor of that name.
    public subscript(name: String) -> ParameterTensor? {
        tensors.first { $0.name == name }
    }
}

extension Architecture {
    /// The number of values that training may change.
    public var parameterCount: Int { ParameterLayout(self).count }

    /// For each layer its tensors, in the order of the flat buffer.
    var declarations: [[ParameterDeclaration]] {
        let wiring = Wiring(self)
        return layers.enumerated().map { index, layer in layer.kind.parameters(for: wiring.inputWidths[index]) }
    }
}
