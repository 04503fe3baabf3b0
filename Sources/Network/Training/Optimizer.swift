/// Turns gradients into better parameters, over the flat buffer of all parameters.
///
/// Its state can be stored in a weight file beside the parameters and taken up again, so that a resumed run continues
/// exactly as if it had never stopped.
public protocol Optimizer: Sendable {
    /// Moves the parameters against the gradient.
    ///
    /// - Parameters:
    ///   - mask: the parameters that may change; nil: all. The others keep their values and their state.
    mutating func update(_ parameters: inout [Float], gradient: [Float], learningRate: Float, mask: ParameterMask?)

    /// The optimizer's state: tensors whose names begin with `optimizer.`.
    func tensors() -> [String: Tensor]

    /// Takes up a state that `tensors()` gave.
    ///
    /// - Throws: `OptimizerError` where a tensor is missing or of another size.
    mutating func restore(_ tensors: [String: Tensor]) throws(OptimizerError)
}

/// The errors of resuming an optimizer.
public enum OptimizerError: Error, Equatable, CustomStringConvertible {
    case missing(String)
    case wrongCount(tensor: String, expected: Int, found: Int)

    public var description: String {
        switch self {
        case .missing(let name):
            "optimizer: the checkpoint lacks \(name); it was written with another optimizer"
        case .wrongCount(let name, let expected, let found):
            "optimizer: \(name) has \(found) numbers instead of \(expected); the checkpoint belongs to another network"
        }
    }
}

extension [String: Tensor] {
    func optimizerState(_ name: String, count: Int) throws(OptimizerError) -> [Float] {
        guard let tensor = self[name] else { throw .missing(name) }
        guard tensor.values.count == count else {
            throw .wrongCount(tensor: name, expected: count, found: tensor.values.count)
        }
        return tensor.values
    }
}

/// Stochastic gradient descent with momentum, as PyTorch has it: `v = momentum · v + g`, `w = w − rate · v`.
public struct SGD: Optimizer {
    /// Share of the last step that is gone again.
    public var momentum: Float
    /// Added to the gradient as `weightDecay · w`.
    public var weightDecay: Float
    private var velocity: [Float]

    /// An optimizer of `count` parameters, before its first step.
    public init(count: Int, momentum: Float = 0.9, weightDecay: Float = 0) {
        self.momentum = momentum
        self.weightDecay = weightDecay
        velocity = [Float](repeating: 0, count: count)
    }

    public mutating func update(
        _ parameters: inout [Float], gradient: [Float], learningRate: Float, mask: ParameterMask?
    ) {
        precondition(parameters.count == velocity.count && gradient.count == velocity.count, "buffers of one network")
        let table = Kernels.standard.table.pointee
        parameters.withUnsafeMutableBufferPointer { w in
            gradient.withUnsafeBufferPointer { g in
                velocity.withUnsafeMutableBufferPointer { v in
                    guard let w = w.baseAddress, let g = g.baseAddress, let velocity = v.baseAddress else { return }
                    for range in mask?.ranges ?? [0..<v.count] {
                        let first = range.lowerBound
                        table.momentum(
                            learningRate, momentum, weightDecay, 1, g + first, velocity + first, w + first, range.count)
                    }
                }
            }
        }
    }

    public func tensors() -> [String: Tensor] {
        ["optimizer.velocity": Tensor(velocity)]
    }

    public mutating func restore(_ tensors: [String: Tensor]) throws(OptimizerError) {
        velocity = try tensors.optimizerState("optimizer.velocity", count: velocity.count)
    }
}
