import Foundation

/// Adam with decoupled weight decay (Loshchilov and Hutter: "Decoupled Weight Decay Regularization", ICLR 2019).
public struct AdamW: Optimizer {
    public var beta1: Float
    public var beta2: Float
    public var epsilon: Float
    public var weightDecay: Float
    /// What decays; everything where nil.
    public var decay: ParameterMask?
    private var mean: [Float]
    private var square: [Float]
    private var steps = 0

    public init(
        count: Int, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0,
        decay: ParameterMask? = nil
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.decay = decay
        mean = [Float](repeating: 0, count: count)
        square = [Float](repeating: 0, count: count)
    }

    public mutating func update(
        _ parameters: inout [Float], gradient: [Float], learningRate: Float, mask: ParameterMask?
    ) {
        precondition(parameters.count == mean.count && gradient.count == mean.count, "buffers of one network")
        steps += 1
        let rate = learningRate / Float(1 - pow(Double(beta1), Double(steps)))
        let correction = Float(1 / (1 - pow(Double(beta2), Double(steps))).squareRoot())
        let (beta1, beta2, epsilon) = (beta1, beta2, epsilon)
        shrink(&parameters, by: learningRate * weightDecay, mask: mask)
        parameters.withUnsafeMutableBufferPointer { w in
            gradient.withUnsafeBufferPointer { g in
                mean.withUnsafeMutableBufferPointer { m in
                    square.withUnsafeMutableBufferPointer { s in
                        for range in mask?.ranges ?? [0..<m.count] {
                            for i in range {
                                m[i] = beta1 * m[i] + (1 - beta1) * g[i]
                                s[i] = beta2 * s[i] + (1 - beta2) * (g[i] * g[i])
                                w[i] -= rate * m[i] / (s[i].squareRoot() * correction + epsilon)
                            }
                        }
                    }
                }
            }
        }
    }

    private func shrink(_ parameters: inout [Float], by amount: Float, mask: ParameterMask?) {
        guard amount != 0 else { return }
        let everything = [0..<parameters.count]
        let decaying = decay.map { decay in mask.map { decay.intersection($0) } ?? decay } ?? mask
        parameters.withUnsafeMutableBufferPointer { w in
            for range in decaying?.ranges ?? everything {
                for i in range { w[i] *= 1 - amount }
            }
        }
    }

    public func tensors() -> [String: Tensor] {
        [
            "optimizer.mean": Tensor(mean), "optimizer.square": Tensor(square),
            // Two halves, because F32 counts exactly only up to 2^24.
            "optimizer.steps": Tensor([Float(steps >> 16), Float(steps & 0xffff)]),
        ]
    }

    public mutating func restore(_ tensors: [String: Tensor]) throws(OptimizerError) {
        mean = try tensors.optimizerState("optimizer.mean", count: mean.count)
        square = try tensors.optimizerState("optimizer.square", count: square.count)
        let halves = try tensors.optimizerState("optimizer.steps", count: 2)
        steps = Int(min(max(halves[0], 0), 0x1p24)) << 16 + Int(min(max(halves[1], 0), 0xffff))
    }
}
