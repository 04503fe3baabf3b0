import CDuctusKernels

/// Adam with decoupled weight decay (Loshchilov and Hutter: "Decoupled Weight Decay Regularization", ICLR 2019).
public struct AdamW: Optimizer {
    /// Decay of the mean of the gradient, per step.
    public var beta1: Float
    /// Decay of the mean of its square, per step.
    public var beta2: Float
    public var epsilon: Float
    /// Share of a weight, times the learning rate, that it loses in a step.
    public var weightDecay: Float
    /// The parameters that decay; nil: all.
    public var decay: ParameterMask?
    private var mean: [Float]
    private var square: [Float]
    private var steps = 0

    /// An optimizer of `count` parameters, before its first step.
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
        let table = Kernels.standard.table.pointee
        var settings = ductus_adam(
            learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay,
            gradient_scale: 1, step: Int64(steps))
        let all = mask ?? ParameterMask(ranges: [0..<mean.count])
        let decaying = decay.map { all.intersection($0) } ?? all
        parameters.withUnsafeMutableBufferPointer { w in
            gradient.withUnsafeBufferPointer { g in
                mean.withUnsafeMutableBufferPointer { m in
                    square.withUnsafeMutableBufferPointer { s in
                        guard let w = w.baseAddress, let g = g.baseAddress, let m = m.baseAddress, let s = s.baseAddress
                        else { return }
                        for (ranges, weightDecay) in [
                            (decaying.ranges, weightDecay), (all.subtracting(decaying).ranges, 0),
                        ] {
                            settings.weight_decay = weightDecay
                            for range in ranges {
                                let first = range.lowerBound
                                table.adam(&settings, g + first, m + first, s + first, w + first, range.count)
                            }
                        }
                    }
                }
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
