/// One layer of a network, as data: its kind, and what it reads.
///
/// In JSON it is one flat object: `{"kind": "linear", "in": 192, "out": 96, "dropout": 0}`. Without `"from"` a layer
/// reads the one before it; `"from": 3` reads layer 3, `"from": [3, 7]` several, `"input"` the network's input,
/// `"input.1"` the first of its other inputs.
public struct Layer: Sendable {
    /// The layer's kind, with its parameters' shapes.
    public var kind: any LayerKind
    /// The sources of the layer; empty: the layer before it.
    public var from: [LayerSource]

    /// A layer of a kind. Without `from` it reads the layer before it.
    public init(_ kind: any LayerKind, from: [LayerSource] = []) {
        self.kind = kind
        self.from = from
    }

    /// The same layer, reading other sources.
    public func reading(_ from: LayerSource...) -> Layer {
        Layer(kind, from: from)
    }

    /// The share of outputs that training sets to zero.
    public var dropout: Float { kind.dropout }

    /// Whether the layer carries a state through time, as recurrent layers do.
    public var isRecurrent: Bool { kind.isRecurrent }
}

/// Something a layer may read.
public enum LayerSource: Hashable, Sendable {
    /// Input 0 is the network's main input, the others follow.
    case input(Int)
    /// The output of an earlier layer.
    case layer(Int)
}

extension Layer: Hashable {
    public static func == (a: Layer, b: Layer) -> Bool {
        a.kind.equals(b.kind) && a.from == b.from
    }

    public func hash(into hasher: inout Hasher) {
        kind.hash(into: &hasher)
        hasher.combine(from)
    }
}

extension Layer: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, from
    }

    /// Decodes a layer, whose kind is found by its name in `LayerRegistry`.
    ///
    /// - Throws: `ArchitectureError.unknownKind`; what the kind's own fields throw.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let name = try fields.decode(String.self, forKey: .kind)
        guard let type = LayerRegistry[name] else {
            throw ArchitectureError.unknownKind(name, known: LayerRegistry.names)
        }
        kind = try type.init(from: decoder)
        if let one = try? fields.decodeIfPresent(LayerSource.self, forKey: .from) {
            from = [one]
        } else {
            from = try fields.decodeIfPresent([LayerSource].self, forKey: .from) ?? []
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(type(of: kind).name, forKey: .kind)
        if !from.isEmpty { try fields.encode(from, forKey: .from) }
        try kind.encode(to: encoder)
    }
}

extension LayerSource: Codable {
    /// Decodes a source: the number of a layer, or the name of an input.
    ///
    /// - Throws: `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let index = try? value.decode(Int.self) {
            self = .layer(index)
            return
        }
        let name = try value.decode(String.self)
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts[0] == "input", parts.count <= 2, let index = parts.count == 1 ? 0 : Int(parts[1]), index >= 0 else {
            throw DecodingError.dataCorruptedError(
                in: value, debugDescription: "a layer reads a layer's number, \"input\" or \"input.1\", not \"\(name)\""
            )
        }
        self = .input(index)
    }

    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .layer(let index): try value.encode(index)
        case .input(let index): try value.encode(index == 0 ? "input" : "input.\(index)")
        }
    }
}
