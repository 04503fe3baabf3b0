/// A recurrent layer in one or both directions; its output is forward and backward side by side.
public struct Recurrent: LayerKind {
    public static let name = "recurrent"

    /// LSTM or GRU.
    public var cell: Cell
    public var `in`: Int
    /// Units of each direction.
    public var hidden: Int
    /// Whether as many units again read from the end to the beginning.
    public var bidirectional: Bool
    /// Adds the layer's input to its output.
    public var residual: Bool
    public var dropout: Float

    /// A recurrent layer that reads frames of `in` numbers and has `hidden` cells in each direction.
    public init(
        cell: Cell = .lstm, in: Int, hidden: Int, bidirectional: Bool = true, residual: Bool = false,
        dropout: Float = 0
    ) {
        self.cell = cell
        self.in = `in`
        self.hidden = hidden
        self.bidirectional = bidirectional
        self.residual = residual
        self.dropout = dropout
    }

    /// Numbers per output frame.
    public var output: Int { hidden * directions }

    var directions: Int { bidirectional ? 2 : 1 }

    /// Rows of a weight matrix: gates × hidden.
    var rows: Int { cell.gates * hidden }

    /// Decodes the layer from its fields in an architecture. What is optional there keeps its default value.
    ///
    /// - Throws: `DecodingError` for a field that is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        cell = try fields.decode(Cell.self, forKey: .cell)
        self.in = try fields.decode(Int.self, forKey: .in)
        hidden = try fields.decode(Int.self, forKey: .hidden)
        bidirectional = try fields.value(.bidirectional, or: false)
        residual = try fields.value(.residual, or: false)
        dropout = try fields.value(.dropout, or: 0)
    }

    public func output(of inputs: [Int]) -> Int { output }

    public var isRecurrent: Bool { true }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        try check.range("hidden", hidden, 1...2048)
        guard !residual || output == self.in else {
            throw .residualNeedsEqualWidth(layer: check.index, input: self.in, output: output)
        }
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        let hidden = hidden
        // The forget gate of an LSTM is open at the begin (Gers et al. 2000).
        let bias: Initialization = cell == .lstm ? .each { hidden..<2 * hidden ~= $0 ? 1 : 0 } : .constant(0)
        return (bidirectional ? ["", "_reverse"] : [""]).flatMap { direction -> [ParameterDeclaration] in
            [
                .init("weight_ih_l0\(direction)", [rows, self.in], .uniform(fanIn: self.in, fanOut: hidden)),
                .init("weight_hh_l0\(direction)", [rows, hidden], .orthogonal),
                .init("bias_ih_l0\(direction)", [rows], bias),
                .init("bias_hh_l0\(direction)", [rows], .constant(0)),
            ]
        }
    }

    /// The forward direction's h, then c.
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: cell.stateVectors * hidden) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedRecurrent(self, settings)
    }
}

extension Layer {
    /// A recurrent layer in one or both directions.
    public static func recurrent(_ kind: Recurrent) -> Layer { Layer(kind) }
}
