import CDuctusKernels

/// Turns labels into vectors: the input is one number per frame, a label from 0, and the output is its row of the
/// weights. PyTorch's `Embedding`.
public struct Embedding: LayerKind {
    public static let name = "embedding"

    /// The number of labels.
    public var count: Int
    /// Numbers per symbol.
    public var out: Int
    public var dropout: Float

    /// A table of `count` rows of `out` numbers.
    public init(count: Int, out: Int, dropout: Float = 0) {
        self.count = count
        self.out = out
        self.dropout = dropout
    }

    /// Decodes the layer from its fields in an architecture. `dropout` may be missing: 0.
    ///
    /// - Throws: `DecodingError` for a field that is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        count = try fields.decode(Int.self, forKey: .count)
        out = try fields.decode(Int.self, forKey: .out)
        dropout = try fields.value(.dropout, or: 0)
    }

    public func output(of inputs: [Int]) -> Int { out }

    public var labels: Range<Int>? { 0..<count }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(1)
        try check.output(out)
        try check.range("count", count, 1...65_536)
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        [.init("weight", [count, out], .normal(1 / Float(out).squareRoot()))]
    }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedEmbedding(self)
    }
}

/// Unchecked, because its memory is written only in `prepare`, which its owner calls while no other thread reads it.
final class PreparedEmbedding: PreparedLayer, @unchecked Sendable {
    private let layer: Embedding
    private let weights = Memory<Float>()

    init(_ layer: Embedding) {
        self.layer = layer
    }

    func prepare(_ parameters: UnsafePointer<Float>) {
        weights.reserve(layer.count * layer.out).update(from: parameters, count: layer.count * layer.out)
    }

    /// The offset of the row of a frame's label. The network's check let no other number through; one that an earlier
    /// layer gave counts as the nearest.
    private func row(_ x: Float) -> Int {
        Int(max(0, min(x.isNaN ? 0 : x, Float(layer.count - 1)))) * layer.out
    }

    func forward(_ call: LayerCall) {
        for frame in 0..<call.input.frames {
            (call.y + frame * layer.out).update(from: weights.pointer + row(call.x[frame]), count: layer.out)
        }
    }

    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        for frame in 0..<call.input.frames {
            table.add_scaled(1, call.dy + frame * layer.out, call.gradient + row(call.x[frame]), layer.out)
        }
        call.dx?.update(repeating: 0, count: call.input.frames)
    }
}

extension Layer {
    /// A vector for each label.
    public static func embedding(_ kind: Embedding) -> Layer { Layer(kind) }
}
