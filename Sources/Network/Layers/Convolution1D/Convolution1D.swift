/// A convolution along time: `out[j] = activation(bias + Σ weight[k] · in[j · stride − padding + k])`, frames outside
/// the sequence being zero; PyTorch's `Conv1d`. With `groups` each part of the outputs sees only its part of the inputs
/// (as many groups as channels: depthwise), with `dilation` the taps lie some frames apart.
public struct Convolution1D: LayerKind {
    public static let name = "convolution1D"

    public var `in`: Int
    /// Numbers per frame, out.
    public var out: Int
    /// Taps in time.
    public var kernel: Int
    public var stride: Int
    /// Frames of zeros before and behind the sequence.
    public var padding: Int
    /// Parts of the channels that do not see each other.
    public var groups: Int
    /// Frames from one tap to the next.
    public var dilation: Int
    /// The function that is applied to the sums.
    public var activation: Activation
    public var dropout: Float

    private enum CodingKeys: String, CodingKey {
        case `in`, out, kernel, stride, padding, groups, dilation, activation, dropout
    }

    /// A convolution over time, from frames of `in` numbers to frames of `out` numbers. `kernel`, `stride`, `padding`
    /// and `dilation` are counted in input frames.
    public init(
        in: Int, out: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1, dilation: Int = 1,
        activation: Activation = .none, dropout: Float = 0
    ) {
        self.in = `in`
        self.out = out
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.groups = groups
        self.dilation = dilation
        self.activation = activation
        self.dropout = dropout
    }

    /// Output frames of a whole sequence.
    public func outputLength(for inputFrames: Int) -> Int {
        inputFrames + 2 * padding < span || inputFrames == 0 ? 0 : (inputFrames + 2 * padding - span) / stride + 1
    }

    /// Output frames that see nothing to the right of the first `inputFrames` frames.
    public func committedLength(after inputFrames: Int) -> Int {
        inputFrames + padding < span ? 0 : (inputFrames + padding - span) / stride + 1
    }

    /// Decodes the layer from its fields in an architecture. What is optional there keeps its default value.
    ///
    /// - Throws: `DecodingError` for a field that is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.in = try fields.decode(Int.self, forKey: .in)
        out = try fields.decode(Int.self, forKey: .out)
        kernel = try fields.decode(Int.self, forKey: .kernel)
        stride = try fields.value(.stride, or: 1)
        padding = try fields.value(.padding, or: 0)
        groups = try fields.value(.groups, or: 1)
        dilation = try fields.value(.dilation, or: 1)
        activation = try fields.value(.activation, or: .none)
        dropout = try fields.value(.dropout, or: 0)
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.in, forKey: .in)
        try fields.encode(out, forKey: .out)
        try fields.encode(kernel, forKey: .kernel)
        try fields.encode(stride, forKey: .stride)
        try fields.encode(padding, forKey: .padding)
        try fields.encode(groups, .groups, unless: 1)
        try fields.encode(dilation, .dilation, unless: 1)
        try fields.encode(activation, forKey: .activation)
        try fields.encode(dropout, forKey: .dropout)
    }

    public func output(of inputs: [Int]) -> Int { out }

    /// Inputs that an output sees of a frame.
    var groupInputs: Int {
        let width = self.in
        return width / groups
    }

    /// Frames that an output sees, from its first tap to its last.
    var span: Int { (kernel - 1) * dilation + 1 }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        try check.output(out)
        try check.range("kernel", kernel, 1...64)
        try check.range("stride", stride, 1...64)
        try check.range("dilation", dilation, 1...64)
        try check.range("padding", padding, 0...(span - 1))
        try check.range("groups", groups, 1...Architecture.widths.upperBound)
        try check.require(
            self.in % groups == 0 && out % groups == 0,
            "\(self.in) inputs and \(out) outputs do not divide into \(groups) groups")
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        [
            .init(
                "weight", [out, groupInputs, kernel],
                .uniform(fanIn: groupInputs * kernel, fanOut: out / groups * kernel)),
            .init("bias", [out], .constant(0)),
        ]
    }

    /// The last input frames that the next output sees, too.
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: (span - 1) * self.in) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        groups == 1 && dilation == 1 ? PreparedConvolution(self, settings) : PreparedGroupedConvolution(self, settings)
    }
}

extension Layer {
    /// A convolution along time.
    public static func convolution1D(_ kind: Convolution1D) -> Layer { Layer(kind) }
}
