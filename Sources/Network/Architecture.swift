/// The architecture of a network as data: the width of its input, and its layers in order.
///
/// It travels as JSON in the metadata of a weight file (key `ductus.architecture`), so that one engine runs every
/// model: `{"input": 9, "layers": [{"kind": "convolution1D", "in": 9, "out": 48, "kernel": 5, …}, …]}`.
///
/// A network may have other inputs beside the main one (`"otherInputs": [32]`) and heads beside its last layer
/// (`"heads": [{"name": "intermediate", "layer": 5}]`), and a layer may read any earlier one.
public struct Architecture: Hashable, Sendable {
    /// Numbers per frame of the main input.
    public var input: Int
    /// Numbers per frame of the inputs beside it.
    public var otherInputs: [Int]
    /// The layers, first to last. The last one's output is the network's.
    public var layers: [Layer]
    /// Outputs beside the last layer's.
    public var heads: [Head]

    /// An output of a network.
    public struct Head: Codable, Hashable, Sendable {
        public var name: String
        /// The number of the layer whose output it is.
        public var layer: Int

        /// A head that reads the output of the layer with that number.
        public init(name: String, layer: Int) {
            self.name = name
            self.layer = layer
        }
    }

    /// An architecture. It is not checked here: a network of layers that do not fit is refused.
    ///
    /// - Parameters:
    ///   - input: numbers per frame of the main input.
    ///   - otherInputs: numbers per frame of each further input.
    ///   - heads: outputs beside that of the last layer.
    public init(input: Int, otherInputs: [Int] = [], layers: [Layer], heads: [Head] = []) {
        self.input = input
        self.otherInputs = otherInputs
        self.layers = layers
        self.heads = heads
    }

    /// Numbers per output frame.
    public var output: Int { Wiring(self).widths.last ?? input }

    /// Input frames per output frame: the product of all strides.
    public var stride: Int {
        var (down, up) = (1, 1)
        walkBack { layer in
            down *= layer.stride
            up *= layer.upsampling
        }
        return down / up
    }

    /// Output frames of a whole sequence of `inputFrames` frames.
    public func outputLength(for inputFrames: Int) -> Int {
        length(of: inputFrames) { $0.outputLength(for: $1) }
    }

    /// Output frames that are final once `inputFrames` frames of an unfinished stream are committed.
    ///
    /// A convolution's output frame counts once every frame it sees is committed, so this lags a little behind
    /// `outputLength(for:)`; the end of the stream yields the rest.
    public func committedLength(after inputFrames: Int) -> Int {
        length(of: inputFrames) { $0.committedLength(after: $1) }
    }

    /// Input frames to the right that an output frame sees in any case, through convolutions: so much later it is
    /// final.
    public var lookahead: Int {
        let inputFrames = 4096 * stride
        return inputFrames - committedLength(after: inputFrames) * stride
    }

    static let widths = 1...4096

    /// The lengths behind the layers that lead to the last one. All inputs are `frames` long.
    private func length(of frames: Int, _ step: (any LayerKind, Int) -> Int) -> Int {
        if layers.allSatisfy({ $0.from.isEmpty }) { return layers.reduce(frames) { step($1.kind, $0) } }
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: layers.count) { lengths in
            for (index, layer) in layers.enumerated() {
                func length(_ source: LayerSource) -> Int {
                    if case .layer(let number) = source { lengths[number] } else { frames }
                }
                let kind = layer.kind
                var input = layer.from.first.map(length) ?? (index == 0 ? frames : lengths[index - 1])
                if type(of: kind).readsSourcesTogether {
                    for source in layer.from.dropFirst() { input = min(input, length(source)) }
                }
                lengths[index] = step(kind, input)
            }
            return lengths[layers.count - 1]
        }
    }

    /// Visits the layers from the last one to the main input, along first sources.
    private func walkBack(_ visit: (any LayerKind) -> Void) {
        var index = layers.count - 1
        while index >= 0 {
            let layer = layers[index]
            visit(layer.kind)
            switch layer.from.first {
            case .layer(let number): index = number
            case .input: index = -1
            case nil: index -= 1
            }
        }
    }
}

extension Architecture: Codable {
    private enum CodingKeys: String, CodingKey {
        case input, otherInputs, layers, heads
    }

    /// Decodes an architecture as it stands in a weight file.
    ///
    /// - Throws: `ArchitectureError` for an unknown kind of layer, `DecodingError` for fields that are missing.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        input = try fields.decode(Int.self, forKey: .input)
        otherInputs = try fields.decodeIfPresent([Int].self, forKey: .otherInputs) ?? []
        layers = try fields.decode([Layer].self, forKey: .layers)
        heads = try fields.decodeIfPresent([Head].self, forKey: .heads) ?? []
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(input, forKey: .input)
        if !otherInputs.isEmpty { try fields.encode(otherInputs, forKey: .otherInputs) }
        try fields.encode(layers, forKey: .layers)
        if !heads.isEmpty { try fields.encode(heads, forKey: .heads) }
    }
}
