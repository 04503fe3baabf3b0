/// A kind of layer, as data: its fields in the architecture, and the shapes and parameters that follow from them.
///
/// A kind is a folder in `Layers/`. `LayerRegistry` finds it by its name, the value of `"kind"`. Nothing else switches
/// over kinds, so another module can add one of its own:
///
///     struct Scale: LayerKind {
///         static let name = "scale"
///         func output(of inputs: [Int]) -> Int { inputs[0] }
///         func parameters(for inputs: [Int]) -> [ParameterDeclaration] { [.init("factor", [inputs[0]], .constant(1))] }
///         func prepare(_ settings: LayerSettings) -> any PreparedLayer { PreparedScale(width: settings.inputs[0]) }
///         init(from decoder: any Decoder) throws {}
///     }
///     LayerRegistry.register(Scale.self)
public protocol LayerKind: Codable, Hashable, Sendable {
    /// The value of `"kind"`.
    static var name: String { get }
    /// The number of layers or inputs that it may read, 1 by default.
    static var sourceCounts: ClosedRange<Int> { get }
    /// Whether all sources are read together, frame by frame. Otherwise the first source alone sets the number of frames.
    static var readsSourcesTogether: Bool { get }
    /// Whether the layer turns scores into log-probabilities. Losses give their derivative by its input, so nothing
    /// else may read its output.
    static var endsHead: Bool { get }
    /// Whether it ends a head and has a loss of its own. Then its prepared layer is a `PreparedHead`, and the head's
    /// targets are labels of frames.
    static var hasOwnLoss: Bool { get }

    /// Width of its output, given the widths of what it reads.
    func output(of inputs: [Int]) -> Int
    /// Input frames per output frame.
    var stride: Int { get }
    /// Output frames per input frame.
    var upsampling: Int { get }
    /// Output frames of a whole sequence.
    func outputLength(for inputFrames: Int) -> Int
    /// Output frames that see nothing to the right of the first `inputFrames` frames.
    func committedLength(after inputFrames: Int) -> Int
    /// The share of outputs that training sets to zero.
    var dropout: Float { get }
    /// Whether the layer carries a state through time, as recurrent layers do.
    var isRecurrent: Bool { get }
    /// The range of whole numbers that its input must hold, such as labels. Nil where it reads any number.
    var labels: Range<Int>? { get }

    /// Checks its own numbers, its widths and its dropout.
    ///
    /// - Throws: `ArchitectureError`, preferably by the methods of `check`.
    func validate(_ check: LayerCheck) throws(ArchitectureError)
    /// The parameters' tensors, in the order of the flat buffer.
    func parameters(for inputs: [Int]) -> [ParameterDeclaration]
    /// The shape of the state that a stream keeps for the layer between two windows.
    func state(for inputs: [Int]) -> StateShape
    /// The layer ready to run, without parameters yet.
    func prepare(_ settings: LayerSettings) -> any PreparedLayer
}

extension LayerKind {
    public static var sourceCounts: ClosedRange<Int> { 1...1 }
    public static var readsSourcesTogether: Bool { false }
    public static var endsHead: Bool { false }
    public static var hasOwnLoss: Bool { false }
    public var stride: Int { 1 }
    public var upsampling: Int { 1 }
    public func outputLength(for inputFrames: Int) -> Int { inputFrames }
    public func committedLength(after inputFrames: Int) -> Int { inputFrames }
    public var dropout: Float { 0 }
    public var isRecurrent: Bool { false }
    public var labels: Range<Int>? { nil }
    public func validate(_ check: LayerCheck) throws(ArchitectureError) {}
    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] { [] }
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: 0) }

    /// The same kind with the same numbers. Allocates nothing.
    func equals(_ other: any LayerKind) -> Bool {
        (other as? Self) == self
    }
}

/// The initialization of a layer's parameters.
public enum Initialization: Sendable {
    case constant(Float)
    /// Uniform, scaled by fan-in and fan-out (Glorot and Bengio 2010).
    case uniform(fanIn: Int, fanOut: Int)
    /// Blocks of rows, as wide as they are high, each an orthogonal matrix (Saxe et al. 2014).
    case orthogonal
    /// Normally distributed with this deviation.
    case normal(Float)
    /// A function of the number's place in the tensor.
    case each(@Sendable (Int) -> Float)
}

/// One tensor of a layer.
public struct ParameterDeclaration: Sendable {
    /// PyTorch's name, without the layer's.
    public var name: String
    /// Row-major.
    public var shape: [Int]
    /// The values before training.
    public var initialization: Initialization

    /// A tensor of parameters: its name within the layer, its shape, and its first values.
    public init(_ name: String, _ shape: [Int], _ initialization: Initialization) {
        self.name = name
        self.shape = shape
        self.initialization = initialization
    }
}

/// The size of the state that a stream keeps for a layer.
public struct StateShape: Hashable, Sendable {
    /// The number of values at the beginning of a stream, all of them zero.
    public var count: Int
    /// The number of values that the state may grow to.
    public var bound: Int

    /// A state of `count` numbers, which may grow up to `bound` numbers; without a bound it never grows.
    public init(count: Int, bound: Int? = nil) {
        self.count = count
        self.bound = max(bound ?? count, count)
    }
}

/// The settings that a layer is prepared with.
public struct LayerSettings: Sendable {
    /// Widths of what it reads.
    public let inputs: [Int]
    /// The precision of weights in products.
    public let precision: Precision
    /// The kernels of the processor.
    public let kernels: Kernels
    /// Whether the layer must be able to run back.
    public let trains: Bool
}

/// The context of a layer's validation: its place in the architecture.
public struct LayerCheck: Sendable {
    /// The layer's number in the architecture.
    public let index: Int
    /// Widths of what it reads.
    public let inputs: [Int]

    /// Refuses a number outside of `range`.
    public func range(_ what: String, _ value: Int, _ range: ClosedRange<Int>) throws(ArchitectureError) {
        guard range.contains(value) else { throw .outOfRange(layer: index, what: what, value: value) }
    }

    /// Refuses a width that is not that of the first source.
    public func input(_ width: Int) throws(ArchitectureError) {
        guard width == inputs[0] else { throw .widthMismatch(layer: index, expected: inputs[0], found: width) }
    }

    /// Refuses an output width beyond what networks may have.
    public func output(_ width: Int) throws(ArchitectureError) {
        try range("out", width, Architecture.widths)
    }

    /// Refuses a combination of numbers, with the reason.
    public func require(_ holds: Bool, _ reason: String) throws(ArchitectureError) {
        guard holds else { throw .impossibleLayer(layer: index, reason: reason) }
    }
}
