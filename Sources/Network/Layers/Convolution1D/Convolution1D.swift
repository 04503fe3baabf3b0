/// A convolution along time: `out[j] = activation(bias + Σ weight[k] · in[j · stride − padding + k])`, frames outside
/// the sequence being zero; PyTorch's `Conv1d`.
public struct Convolution1D: LayerKind {
    public static let name = "convolution1D"

    public var `in`: Int
    public var out: Int
    public var kernel: Int
    public var stride: Int
    public var padding: Int
    public var activation: Activation
    public var dropout: Float

    public init(
        in: Int, out: Int, kernel: Int, stride: Int = 1, padding: Int = 0, activation: Activation = .none,
        dropout: Float = 0
    ) {
        self.in = `in`
        self.out = out
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.activation = activation
        self.dropout = dropout
    }

    /// Output frames of a whole sequence.
    public func outputLength(for inputFrames: Int) -> Int {
        inputFrames + 2 * padding < kernel || inputFrames == 0 ? 0 : (inputFrames + 2 * padding - kernel) / stride + 1
    }

    /// Output frames that see nothing to the right of the first `inputFrames` frames.
    public func committedLength(after inputFrames: Int) -> Int {
        inputFrames + padding < kernel ? 0 : (inputFrames + padding - kernel) / stride + 1
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.in = try fields.decode(Int.self, forKey: .in)
        out = try fields.decode(Int.self, forKey: .out)
        kernel = try fields.decode(Int.self, forKey: .kernel)
        stride = try fields.value(.stride, or: 1)
        padding = try fields.value(.padding, or: 0)
        activation = try fields.value(.activation, or: .none)
        dropout = try fields.value(.dropout, or: 0)
    }

    public func output(of inputs: [Int]) -> Int { out }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        try check.output(out)
        try check.range("kernel", kernel, 1...64)
        try check.range("stride", stride, 1...64)
        try check.range("padding", padding, 0...(kernel - 1))
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        [
            .init("weight", [out, self.in, kernel], .uniform(fanIn: self.in * kernel, fanOut: out * kernel)),
            .init("bias", [out], .constant(0)),
        ]
    }

    /// The last kernel − 1 input frames.
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: (kernel - 1) * self.in) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedConvolution(self, settings)
    }
}

extension Layer {
    /// A convolution along time.
    public static func convolution1D(_ kind: Convolution1D) -> Layer { Layer(kind) }
}
