/// What a network is made of, as data: the width of its input and its layers, in the order in which data meets them.
///
/// It travels as JSON in the metadata of a weight file (key `ductus.architecture`), so that one engine runs every model:
/// `{"input": 9, "layers": [{"kind": "convolution1D", "in": 9, "out": 48, "kernel": 5, …}, …]}`.
public struct Architecture: Codable, Hashable, Sendable {
    /// Numbers per input frame.
    public var input: Int
    /// The layers, first to last.
    public var layers: [Layer]

    public init(input: Int, layers: [Layer]) {
        self.input = input
        self.layers = layers
    }

    /// Numbers per output frame.
    public var output: Int {
        layers.reduce(input) { $1.output(of: $0) }
    }

    /// Input frames per output frame: the product of all strides.
    public var stride: Int {
        layers.reduce(1) { $0 * $1.stride }
    }

    /// Output frames of a whole sequence of `inputFrames` frames.
    public func outputLength(for inputFrames: Int) -> Int {
        layers.reduce(inputFrames) { $1.outputLength(for: $0) }
    }

    /// Output frames that are final once `inputFrames` frames of an unfinished stream are committed.
    ///
    /// A convolution's output frame counts once every frame it sees is committed, so this lags a little behind
    /// `outputLength(for:)`; the end of the stream yields the rest.
    public func committedLength(after inputFrames: Int) -> Int {
        layers.reduce(inputFrames) { $1.committedLength(after: $0) }
    }

    /// Input frames to the right that an output frame sees in any case, through convolutions: so much later it is final.
    public var lookahead: Int {
        let inputFrames = 4096 * stride
        return inputFrames - committedLength(after: inputFrames) * stride
    }

    /// Checks that widths chain and every number is in its range.
    ///
    /// - Throws: `ArchitectureError`, which names the layer and what is wrong with it.
    public func validate() throws(ArchitectureError) {
        guard Self.widths.contains(input) else { throw .outOfRange(layer: nil, what: "input", value: input) }
        guard !layers.isEmpty else { throw .noLayers }
        guard layers.count <= 64 else { throw .tooManyLayers(layers.count) }
        var width = input
        for (index, layer) in layers.enumerated() {
            try layer.validate(at: index, input: width)
            if layer == .logSoftmax, index != layers.count - 1 { throw .logSoftmaxNotLast(layer: index) }
            width = layer.output(of: width)
        }
        var stride = 1
        for (index, layer) in layers.enumerated() {
            stride *= layer.stride
            guard stride <= 4096 else { throw .outOfRange(layer: index, what: "product of strides", value: stride) }
        }
    }

    static let widths = 1...4096
}

/// What makes an architecture impossible.
public enum ArchitectureError: Error, Equatable, CustomStringConvertible {
    case noLayers
    case tooManyLayers(Int)
    case outOfRange(layer: Int?, what: String, value: Int)
    case widthMismatch(layer: Int, expected: Int, found: Int)
    case dropoutOutOfRange(layer: Int, value: Float)
    case residualNeedsEqualWidth(layer: Int, input: Int, output: Int)
    case logSoftmaxNotLast(layer: Int)

    public var description: String {
        switch self {
        case .noLayers:
            "architecture: it has no layers"
        case .tooManyLayers(let count):
            "architecture: \(count) layers; at most 64 are supported"
        case .outOfRange(let layer, let what, let value):
            "architecture\(layer.map { ", layer \($0)" } ?? ""): \(what) is \(value), which is out of range"
        case .widthMismatch(let layer, let expected, let found):
            "architecture, layer \(layer): its input width is \(found), but what comes before it gives \(expected)"
        case .dropoutOutOfRange(let layer, let value):
            "architecture, layer \(layer): dropout is \(value); it must be at least 0 and below 1"
        case .residualNeedsEqualWidth(let layer, let input, let output):
            "architecture, layer \(layer): a residual needs equal widths, but input is \(input) and output \(output)"
        case .logSoftmaxNotLast(let layer):
            "architecture, layer \(layer): logSoftmax can only be the last layer"
        }
    }
}
