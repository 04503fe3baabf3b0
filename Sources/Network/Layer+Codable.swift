/// In JSON a layer is one flat object with its kind: `{"kind": "linear", "in": 192, "out": 96, "dropout": 0}`.
extension Layer: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, cell, `in`, hidden, bidirectional, residual, out, kernel, stride, padding, activation, dropout
    }

    private enum Kind: String, Codable {
        case convolution1D, recurrent, linear, logSoftmax
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let dropout = try fields.decodeIfPresent(Float.self, forKey: .dropout) ?? 0
        switch try fields.decode(Kind.self, forKey: .kind) {
        case .convolution1D:
            self = .convolution1D(
                Convolution1D(
                    in: try fields.decode(Int.self, forKey: .in),
                    out: try fields.decode(Int.self, forKey: .out),
                    kernel: try fields.decode(Int.self, forKey: .kernel),
                    stride: try fields.decodeIfPresent(Int.self, forKey: .stride) ?? 1,
                    padding: try fields.decodeIfPresent(Int.self, forKey: .padding) ?? 0,
                    activation: try fields.decodeIfPresent(Activation.self, forKey: .activation) ?? .none,
                    dropout: dropout))
        case .recurrent:
            self = .recurrent(
                Recurrent(
                    cell: try fields.decode(Cell.self, forKey: .cell),
                    in: try fields.decode(Int.self, forKey: .in),
                    hidden: try fields.decode(Int.self, forKey: .hidden),
                    bidirectional: try fields.decodeIfPresent(Bool.self, forKey: .bidirectional) ?? false,
                    residual: try fields.decodeIfPresent(Bool.self, forKey: .residual) ?? false,
                    dropout: dropout))
        case .linear:
            self = .linear(
                Linear(
                    in: try fields.decode(Int.self, forKey: .in),
                    out: try fields.decode(Int.self, forKey: .out),
                    dropout: dropout))
        case .logSoftmax:
            self = .logSoftmax
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .convolution1D(let layer):
            try fields.encode(Kind.convolution1D, forKey: .kind)
            try layer.encode(to: encoder)
        case .recurrent(let layer):
            try fields.encode(Kind.recurrent, forKey: .kind)
            try layer.encode(to: encoder)
        case .linear(let layer):
            try fields.encode(Kind.linear, forKey: .kind)
            try layer.encode(to: encoder)
        case .logSoftmax:
            try fields.encode(Kind.logSoftmax, forKey: .kind)
        }
    }
}
