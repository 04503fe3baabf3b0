/// An LSTM whose recurrence is diagonal: each unit sees its own h alone, so that all large products leave the serial
/// part (Gonnet and Deselaers: "IndyLSTMs: Independently Recurrent LSTMs", 2019). Gates in the order i, f, g, o; its
/// output is forward and backward side by side.
public struct IndyLSTM: LayerKind {
    public static let name = "indyLSTM"

    public var `in`: Int
    /// Units of each direction.
    public var hidden: Int
    /// Whether as many units again read from the end to the beginning.
    public var bidirectional: Bool
    /// Adds the layer's input to its output.
    public var residual: Bool
    public var dropout: Float

    /// A layer that reads frames of `in` numbers and has `hidden` cells in each direction.
    public init(in: Int, hidden: Int, bidirectional: Bool = true, residual: Bool = false, dropout: Float = 0) {
        self.in = `in`
        self.hidden = hidden
        self.bidirectional = bidirectional
        self.residual = residual
        self.dropout = dropout
    }

    /// Decodes the layer from its fields in an architecture. What is optional there keeps its default value.
    ///
    /// - Throws: `DecodingError` for a field that is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.in = try fields.decode(Int.self, forKey: .in)
        hidden = try fields.decode(Int.self, forKey: .hidden)
        bidirectional = try fields.value(.bidirectional, or: false)
        residual = try fields.value(.residual, or: false)
        dropout = try fields.value(.dropout, or: 0)
    }

    var directions: Int { bidirectional ? 2 : 1 }

    public func output(of inputs: [Int]) -> Int { hidden * directions }

    public var isRecurrent: Bool { true }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        try check.range("hidden", hidden, 1...2048)
        guard !residual || hidden * directions == self.in else {
            throw .residualNeedsEqualWidth(layer: check.index, input: self.in, output: hidden * directions)
        }
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        let hidden = hidden
        return (bidirectional ? ["", "_reverse"] : [""]).flatMap { direction -> [ParameterDeclaration] in
            [
                .init("weight_ih_l0\(direction)", [4 * hidden, self.in], .uniform(fanIn: self.in, fanOut: hidden)),
                .init("weight_hh_l0\(direction)", [4, hidden], .normal(0.3)),
                // The forget gate is open at the begin (Gers et al. 2000).
                .init("bias_ih_l0\(direction)", [4 * hidden], .each { hidden..<2 * hidden ~= $0 ? 1 : 0 }),
            ]
        }
    }

    /// The forward direction's h, then c.
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: 2 * hidden) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer { PreparedIndyLSTM(self, settings) }
}

extension Layer {
    /// An LSTM with diagonal recurrence.
    public static func indyLSTM(_ kind: IndyLSTM) -> Layer { Layer(kind) }
}
