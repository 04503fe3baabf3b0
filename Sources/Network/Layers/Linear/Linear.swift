/// A linear map of each frame.
public struct Linear: LayerKind {
    public static let name = "linear"

    public var `in`: Int
    /// Numbers per frame, out.
    public var out: Int
    public var dropout: Float

    /// A layer from frames of `in` numbers to frames of `out` numbers.
    public init(in: Int, out: Int, dropout: Float = 0) {
        self.in = `in`
        self.out = out
        self.dropout = dropout
    }

    /// Decodes the layer from its fields in an architecture. `dropout` may be missing: 0.
    ///
    /// - Throws: `DecodingError` for a field that is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.in = try fields.decode(Int.self, forKey: .in)
        out = try fields.decode(Int.self, forKey: .out)
        dropout = try fields.value(.dropout, or: 0)
    }

    public func output(of inputs: [Int]) -> Int { out }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        try check.output(out)
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        [
            .init("weight", [out, self.in], .uniform(fanIn: self.in, fanOut: out)),
            .init("bias", [out], .constant(0)),
        ]
    }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedLinear(self, settings)
    }
}

extension Layer {
    /// A linear map of each frame.
    public static func linear(_ kind: Linear) -> Layer { Layer(kind) }
}
