/// A layer with its parameters laid out for the processor at hand. Any number of threads may run it at once, each with
/// memory of its own.
public protocol PreparedLayer: AnyObject, Sendable {
    /// Takes up parameters: where the layer's begin in the flat buffer. Nobody may run the layer meanwhile.
    func prepare(_ parameters: UnsafePointer<Float>)
    /// Fills `call.y`.
    func forward(_ call: LayerCall)
    /// Adds to `call.gradient`, and fills `call.dx` (and the derivatives of other sources) where they are asked for.
    func backward(_ call: LayerReturn)
    /// Whether the layer applies dropout itself. Otherwise its output is multiplied after `forward` and before `backward`.
    var masksItself: Bool { get }
}

extension PreparedLayer {
    public var masksItself: Bool { false }
}

/// A layer that ends a head and has a loss of its own for labels of frames.
public protocol PreparedHead: PreparedLayer {
    /// The loss of one sequence in nats; adds to `parameters` and fills `call.gradient`.
    ///
    /// - Parameters:
    ///   - sequence: its number in the batch that `record` was made for.
    ///   - scores: the layer's input, from the sequence's first frame.
    ///   - parameters: receives the gradient of the layer's parameters; nil where it is not wanted.
    func loss(
        _ call: LossCall, labels: [Int32], sequence: Int, scores: UnsafePointer<Float>,
        parameters: UnsafeMutablePointer<Float>?
    ) -> Double
}
