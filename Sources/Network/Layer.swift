/// One layer of a network, as data.
public enum Layer: Hashable, Sendable {
    case convolution1D(Convolution1D)
    case recurrent(Recurrent)
    case linear(Linear)
    /// Turns scores into natural-log probabilities; only as the last layer.
    case logSoftmax

    /// Width of its output, given the width of its input.
    public func output(of input: Int) -> Int {
        switch self {
        case .convolution1D(let layer): layer.out
        case .recurrent(let layer): layer.output
        case .linear(let layer): layer.out
        case .logSoftmax: input
        }
    }

    /// Input frames per output frame.
    public var stride: Int {
        if case .convolution1D(let layer) = self { layer.stride } else { 1 }
    }

    /// The share of outputs that training sets to zero.
    public var dropout: Float {
        switch self {
        case .convolution1D(let layer): layer.dropout
        case .recurrent(let layer): layer.dropout
        case .linear(let layer): layer.dropout
        case .logSoftmax: 0
        }
    }

    func outputLength(for inputFrames: Int) -> Int {
        if case .convolution1D(let layer) = self { layer.outputLength(for: inputFrames) } else { inputFrames }
    }

    func committedLength(after inputFrames: Int) -> Int {
        if case .convolution1D(let layer) = self { layer.committedLength(after: inputFrames) } else { inputFrames }
    }

    func validate(at index: Int, input: Int) throws(ArchitectureError) {
        func check(_ what: String, _ value: Int, in range: ClosedRange<Int>) throws(ArchitectureError) {
            guard range.contains(value) else { throw .outOfRange(layer: index, what: what, value: value) }
        }
        func checkInput(_ width: Int) throws(ArchitectureError) {
            guard width == input else { throw .widthMismatch(layer: index, expected: input, found: width) }
        }
        switch self {
        case .convolution1D(let layer):
            try checkInput(layer.in)
            try check("out", layer.out, in: Architecture.widths)
            try check("kernel", layer.kernel, in: 1...64)
            try check("stride", layer.stride, in: 1...64)
            try check("padding", layer.padding, in: 0...(layer.kernel - 1))
        case .recurrent(let layer):
            try checkInput(layer.in)
            try check("hidden", layer.hidden, in: 1...2048)
            guard !layer.residual || layer.output == layer.in else {
                throw .residualNeedsEqualWidth(layer: index, input: layer.in, output: layer.output)
            }
        case .linear(let layer):
            try checkInput(layer.in)
            try check("out", layer.out, in: Architecture.widths)
        case .logSoftmax:
            break
        }
        guard dropout >= 0, dropout < 1 else { throw .dropoutOutOfRange(layer: index, value: dropout) }
    }
}

/// A convolution along time: `out[j] = activation(bias + Σ weight[k] · in[j · stride − padding + k])`, frames outside
/// the sequence being zero; PyTorch's `Conv1d`.
public struct Convolution1D: Codable, Hashable, Sendable {
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
    func outputLength(for inputFrames: Int) -> Int {
        inputFrames + 2 * padding < kernel || inputFrames == 0 ? 0 : (inputFrames + 2 * padding - kernel) / stride + 1
    }

    /// Output frames that see nothing to the right of the first `inputFrames` frames.
    func committedLength(after inputFrames: Int) -> Int {
        inputFrames + padding < kernel ? 0 : (inputFrames + padding - kernel) / stride + 1
    }
}

/// What a convolution applies to each of its sums.
public enum Activation: String, Codable, Hashable, Sendable, CaseIterable {
    case none, silu, relu, tanh
}

/// A recurrent layer in one or both directions; its output is forward and backward side by side.
public struct Recurrent: Codable, Hashable, Sendable {
    public var cell: Cell
    public var `in`: Int
    public var hidden: Int
    public var bidirectional: Bool
    /// Adds the layer's input to its output.
    public var residual: Bool
    public var dropout: Float

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
}

/// The recurrent cell, in PyTorch's definition and order of gates.
public enum Cell: String, Codable, Hashable, Sendable, CaseIterable {
    /// `h = tanh(W x + b + U h + d)` (Elman 1990).
    case rnn
    /// Input, forget, cell, output gate (Hochreiter and Schmidhuber 1997; Gers et al. 2000): `c = f·c + i·g`, `h = o·tanh(c)`.
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
}

/// A linear map of each frame.
public struct Linear: Codable, Hashable, Sendable {
    public var `in`: Int
    public var out: Int
    public var dropout: Float

    public init(in: Int, out: Int, dropout: Float = 0) {
        self.in = `in`
        self.out = out
        self.dropout = dropout
    }
}
