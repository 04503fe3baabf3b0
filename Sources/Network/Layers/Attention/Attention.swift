/// Attention: for each frame a mixture of others, weighted by how well they fit it; its heads look for different things
/// (Bahdanau et al. 2015; Chorowski et al. 2015; Vaswani et al. 2017). With one source a sequence attends to itself,
/// with two the first asks and the second, the memory, is mixed.
///
/// In a stream it keeps what it may look back at, up to `span` frames of the memory; what is older is forgotten, in a
/// whole pass, too. Attention to itself sees the frames of its window behind a frame as well, unless it is `causal`: as
/// a backward direction does, so that a chunk gives what the whole pass gives where everything that is still to come is
/// its lookahead.
public struct Attention: LayerKind {
    public static let name = "attention"
    public static let sourceCounts = 1...2

    /// The score of a frame of the memory for a query.
    public enum Score: String, Codable, Hashable, Sendable, CaseIterable {
        /// The product of query and key over the root of their width.
        case scaled
        /// `v · tanh(query + key)`.
        case additive
        /// The same with the last weights around the frame: `v · tanh(query + key + U · weights of the frame before)`,
        /// for input that is read in order.
        case location
    }

    public var `in`: Int
    /// Numbers per frame of the memory; those of the query where there is one source.
    public var memory: Int
    /// Heads, which divide `width` evenly.
    public var heads: Int
    /// Numbers of query, key and value, of all heads together.
    public var width: Int
    /// Numbers per frame of the output.
    public var out: Int
    /// The score that compares a query with a key.
    public var score: Score
    /// A frame sees no frame behind it. Only of a sequence that attends to itself.
    public var causal: Bool
    /// Frames that it may see to the left, itself included, or of the memory.
    public var span: Int
    /// Weights of the frame before that `location` looks at.
    public var kernel: Int
    /// Adds the layer's first source to its output.
    public var residual: Bool
    public var dropout: Float

    /// An attention layer. `memory` is the width of the frames that are mixed; nil: `in`. `width` is that of all heads
    /// together.
    public init(
        in: Int, memory: Int? = nil, heads: Int = 1, width: Int, out: Int, score: Score = .scaled, causal: Bool = false,
        span: Int = 512, kernel: Int = 15, residual: Bool = false, dropout: Float = 0
    ) {
        self.in = `in`
        self.memory = memory ?? `in`
        self.heads = heads
        self.width = width
        self.out = out
        self.score = score
        self.causal = causal
        self.span = span
        self.kernel = kernel
        self.residual = residual
        self.dropout = dropout
    }

    /// Decodes the layer from its fields in an architecture. What is optional there keeps its default value.
    ///
    /// - Throws: `DecodingError` for a field that is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.in = try fields.decode(Int.self, forKey: .in)
        memory = try fields.value(.memory, or: self.in)
        heads = try fields.value(.heads, or: 1)
        width = try fields.decode(Int.self, forKey: .width)
        out = try fields.decode(Int.self, forKey: .out)
        score = try fields.value(.score, or: .scaled)
        causal = try fields.value(.causal, or: false)
        span = try fields.value(.span, or: 512)
        kernel = try fields.value(.kernel, or: 15)
        residual = try fields.value(.residual, or: false)
        dropout = try fields.value(.dropout, or: 0)
    }

    public func output(of inputs: [Int]) -> Int { out }

    public var isRecurrent: Bool { true }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(self.in)
        let memory = check.inputs[check.inputs.count - 1]
        guard self.memory == memory else {
            throw .widthMismatch(layer: check.index, expected: memory, found: self.memory)
        }
        try check.output(out)
        try check.range("width", width, Architecture.widths)
        try check.range("heads", heads, 1...64)
        try check.require(width % heads == 0, "a width of \(width) does not divide among \(heads) heads")
        try check.range("span", span, 1...8192)
        try check.range("kernel", kernel, 1...255)
        try check.require(kernel % 2 == 1, "its kernel is \(kernel); it must be odd, so that it lies around a frame")
        try check.require(
            !causal || check.inputs.count == 1, "it cannot be causal where it attends to another source's frames")
        try check.require(
            score != .location || check.inputs.count == 2, "location-aware attention needs a memory: a second source")
        guard !residual || out == self.in else {
            throw .residualNeedsEqualWidth(layer: check.index, input: self.in, output: out)
        }
    }

    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        var tensors: [ParameterDeclaration] = [
            .init("q_proj_weight", [width, self.in], .uniform(fanIn: self.in, fanOut: width)),
            .init("k_proj_weight", [width, memory], .uniform(fanIn: memory, fanOut: width)),
            .init("v_proj_weight", [width, memory], .uniform(fanIn: memory, fanOut: width)),
            .init("in_proj_bias", [3 * width], .constant(0)),
            .init("out_proj.weight", [out, width], .uniform(fanIn: width, fanOut: out)),
            .init("out_proj.bias", [out], .constant(0)),
        ]
        if score != .scaled {
            tensors.append(.init("score_weight", [heads, width / heads], .uniform(fanIn: width / heads, fanOut: 1)))
        }
        if score == .location {
            tensors.append(.init("location_weight", [width, kernel], .uniform(fanIn: kernel, fanOut: width / heads)))
        }
        return tensors
    }

    /// Numbers that are kept of a frame of the memory: key, value, and the last weight of each head.
    var row: Int { 2 * width + heads }

    /// The number of frames that are kept, then the frames.
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: 1, bound: 1 + span * row) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer { PreparedAttention(self, settings) }
}

extension Layer {
    /// An attention layer.
    public static func attention(_ kind: Attention) -> Layer { Layer(kind) }
}
