import CDuctusKernels

/// The recurrent cell, in PyTorch's definition and order of gates.
public enum Cell: String, Codable, Hashable, Sendable, CaseIterable {
    /// `h = tanh(W x + b + U h + d)` (Elman 1990).
    case rnn
    /// Input, forget, cell, output gate (Hochreiter and Schmidhuber 1997; Gers et al. 2000): `c = f·c + i·g`, `h =
    /// o·tanh(c)`.
    case lstm
    /// Reset, update, new (Cho et al. 2014), reset applied after the product: `n = tanh(W x + b + r·(U h + d))`.
    case gru

    var gates: Int {
        switch self {
        case .rnn: 1
        case .lstm: 4
        case .gru: 3
        }
    }

    /// Vectors of `hidden` numbers that make up its state.
    var stateVectors: Int { self == .lstm ? 2 : 1 }

    var code: ductus_cell {
        switch self {
        case .rnn: DUCTUS_CELL_RNN
        case .lstm: DUCTUS_CELL_LSTM
        case .gru: DUCTUS_CELL_GRU
        }
    }
}
