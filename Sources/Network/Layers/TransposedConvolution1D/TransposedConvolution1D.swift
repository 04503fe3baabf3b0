/// A convolution that runs the other way: each frame gives `kernel` output frames, `stride` apart from the next one's,
/// which add up where they overlap. PyTorch's `ConvTranspose1d`: `out[i · stride − padding + k] += weight[k] · in[i]`.
public struct TransposedConvolution1D: LayerKind {
    public static let name = "transposedConvolution1D"

    public var `in`: Int
    /// Numbers per frame, out.
    public var out: Int
    /// Output frames that an input frame adds to.
    public var kernel: Int
    /// Output frames per input frame: PyTorch's stride, and so it is called in files.
    public var factor: Int
    /// Output frames that are left out at both ends.
    public var padding: Int
    /// The function that is applied to the sums.
    public var activation: Activation
    public var dropout: Float

    private enum CodingKeys: String, CodingKey {
        case `in`, out, kernel, padding, activation, dropout
        case factor = "stride"
    }

    /// A layer from frames of `in` numbers to `factor` times as many frames of `out` numbers. `kernel` and `padding`
    /// are counted in output frames.
    public init(
        in: Int, out: Int, kernel: Int, factor: Int = 1, padding: Int = 0, activation: Activation = .none,
        dropout: Float = 0
    ) {
        self.in = `in`
        self.out = out
        self.kernel = kernel
        self.factor = factor
        self.padding = padding
        self.activation = activation
        self.dropout = dropout
    }

    /// Decodes the layer from its fields in an architecture. What is optional there keeps its default value.
    ///
    /// - Throws: `DecodingError` for a field that is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.in = try fields.decode(Int.self, forKey: .in)
        out = try fields.decode(Int.self, forKey: .out)
        kernel = try fields.decode(Int.self, forKey: .kernel)
        factor = try fields.value(.factor, or: 1)
        padding = try fields.value(.padding, or: 0)
        activation = try fields.value(.activation, or: .none)
        dropout = try fields.value(.dropout, or: 0)
    }

    public func output(of inputs: [Int]) -> Int { out }

    public var upsampling: Int { factor }

    public func outputLength(for inputFrames: Int) -> Int {
        inputFrames == 0 ? 0 : max(0, (inputFrames - 1) * factor - 2 * padding + kernel)
    }

    /// An output frame is final once no later input frame can add to it.
    public func committedLength(after inputFrames: Int) -> Int {
        max(0, inputFrames * factor - padding)
    }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        try check.output(out)
        try check.range("kernel", kernel, 1...64)
        try check.range("stride", factor, 1...64)
        try check.range("padding", padding, 0...64)
        try check.require(
            kernel >= factor + padding,
            "its kernel of \(kernel) is smaller than stride and padding together, which leaves holes at the end")
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        [
            .init("weight", [self.in, out, kernel], .uniform(fanIn: self.in * kernel / factor, fanOut: out * kernel)),
            .init("bias", [out], .constant(0)),
        ]
    }

    /// Earlier input frames that add to a later one's outputs.
    var context: Int { (kernel - 1) / factor }

    public func state(for inputs: [Int]) -> StateShape { StateShape(count: context * self.in) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedTransposedConvolution(self, settings)
    }
}

extension Layer {
    /// A convolution that gives several frames for each.
    public static func transposedConvolution1D(_ kind: TransposedConvolution1D) -> Layer { Layer(kind) }
}
