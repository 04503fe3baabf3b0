/// An LSTM whose h is a projection of its units to fewer numbers (Sak et al. 2014), which the recurrence multiplies:
/// PyTorch's `LSTM` with `proj_size`.
///
/// With `skip` the recurrence sees h of that many frames ago, too, added to that of the frame before: a residual
/// connection across time. Without a projection it is a plain LSTM with such a skip.
public struct LSTMP: LayerKind {
    public static let name = "lstmp"

    public var `in`: Int
    /// Units of each direction.
    public var hidden: Int
    /// Numbers of h; 0 for none other than the units' own.
    public var projection: Int
    /// The number of frames further back at which the recurrence sees h a second time; 0 for none.
    public var skip: Int
    /// Whether as many units again read from the end to the beginning.
    public var bidirectional: Bool
    public var dropout: Float

    /// An LSTM that reads frames of `in` numbers. Its `hidden` cells in each direction are projected to `projection`
    /// numbers; 0: not at all.
    public init(
        in: Int, hidden: Int, projection: Int = 0, skip: Int = 0, bidirectional: Bool = true, dropout: Float = 0
    ) {
        self.in = `in`
        self.hidden = hidden
        self.projection = projection
        self.skip = skip
        self.bidirectional = bidirectional
        self.dropout = dropout
    }

    /// Decodes the layer from its fields in an architecture. What is optional there keeps its default value.
    ///
    /// - Throws: `DecodingError` for a field that is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.in = try fields.decode(Int.self, forKey: .in)
        hidden = try fields.decode(Int.self, forKey: .hidden)
        projection = try fields.value(.projection, or: 0)
        skip = try fields.value(.skip, or: 0)
        bidirectional = try fields.value(.bidirectional, or: false)
        dropout = try fields.value(.dropout, or: 0)
    }

    var directions: Int { bidirectional ? 2 : 1 }
    /// Numbers of h.
    var width: Int { projection > 0 ? projection : hidden }
    /// Frames of h that the recurrence looks back at.
    var memory: Int { max(1, skip) }

    public func output(of inputs: [Int]) -> Int { width * directions }

    public var isRecurrent: Bool { true }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        try check.range("hidden", hidden, 1...2048)
        try check.range("projection", projection, 0...hidden)
        try check.range("skip", skip, 0...64)
        try check.require(skip != 1, "a skip of 1 is what every recurrence has; it must be 0 or at least 2")
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        let hidden = hidden
        return (bidirectional ? ["", "_reverse"] : [""]).flatMap { direction -> [ParameterDeclaration] in
            let recurrence: Initialization = width == hidden ? .orthogonal : .uniform(fanIn: width, fanOut: hidden)
            let tensors: [ParameterDeclaration] = [
                .init("weight_ih_l0\(direction)", [4 * hidden, self.in], .uniform(fanIn: self.in, fanOut: hidden)),
                .init("weight_hh_l0\(direction)", [4 * hidden, width], recurrence),
                // The forget gate is open at the begin (Gers et al. 2000).
                .init("bias_ih_l0\(direction)", [4 * hidden], .each { hidden..<2 * hidden ~= $0 ? 1 : 0 }),
                .init("bias_hh_l0\(direction)", [4 * hidden], .constant(0)),
            ]
            guard projection > 0 else { return tensors }
            return tensors + [
                .init("weight_hr_l0\(direction)", [projection, hidden], .uniform(fanIn: hidden, fanOut: projection))
            ]
        }
    }

    /// The forward direction's c, then its last h, oldest first.
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: hidden + memory * width) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer { PreparedLSTMP(self, settings) }
}

extension Layer {
    /// An LSTM with a projection, or with a skip across time.
    public static func lstmp(_ kind: LSTMP) -> Layer { Layer(kind) }
}
