/// A layer that makes numbers free of their mean and scale, then gives them a scale and an offset that are learned.
public protocol Normalization: LayerKind {
    /// Numbers per frame, in and out.
    var `in`: Int { get }
    /// Added to the variance, so that a constant does not divide by zero. Between 0 and 1.
    var epsilon: Float { get }

    /// A layer of `in` numbers per frame.
    init(in: Int, epsilon: Float)
}

private enum NormalizationKeys: String, CodingKey {
    case `in`, epsilon
}

extension Normalization {
    /// Decodes the layer from its fields in an architecture. `epsilon` may be missing: 1e-5.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: NormalizationKeys.self)
        self.init(in: try fields.decode(Int.self, forKey: .in), epsilon: try fields.value(.epsilon, or: 1e-5))
    }

    public func output(of inputs: [Int]) -> Int { self.in }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        try check.require(epsilon > 0 && epsilon < 1, "epsilon is \(epsilon); it must lie between 0 and 1")
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        [.init("weight", [self.in], .constant(1)), .init("bias", [self.in], .constant(0))]
    }
}
