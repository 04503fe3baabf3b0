import CDuctusKernels

/// The activation function of a convolution.
public enum Activation: String, Codable, Hashable, Sendable, CaseIterable {
    case none, silu, relu, tanh

    var code: ductus_activation {
        switch self {
        case .none: DUCTUS_ACTIVATION_NONE
        case .relu: DUCTUS_ACTIVATION_RELU
        case .silu: DUCTUS_ACTIVATION_SILU
        case .tanh: DUCTUS_ACTIVATION_TANH
        }
    }
}
