/// The diagonal of the Fisher information: how much each parameter matters to what the network has learned.
///
/// It is the mean of squared gradients of single sequences (Kirkpatrick et al.: "Overcoming catastrophic forgetting",
/// PNAS 2017).
public struct FisherDiagonal: Sendable, Equatable {
    private var sums: [Float]
    /// Sequences taken into account.
    public private(set) var sequences = 0

    /// An estimate for `count` parameters that has seen no sequence.
    public init(count: Int) {
        sums = [Float](repeating: 0, count: count)
    }

    /// Takes the gradient of one sequence's loss into account.
    public mutating func accumulate(_ gradient: [Float]) {
        precondition(gradient.count == sums.count, "buffers of one network")
        sequences += 1
        sums.withUnsafeMutableBufferPointer { sums in
            gradient.withUnsafeBufferPointer { gradient in
                for i in sums.indices { sums[i] += gradient[i] * gradient[i] }
            }
        }
    }

    /// The mean of the squares, for each parameter.
    public var values: [Float] {
        let scale = 1 / Float(max(sequences, 1))
        return sums.map { $0 * scale }
    }
}

/// A pull back towards known weights: `strength / 2 · Σ weight · (w − base)²`.
///
/// With the Fisher diagonal as weights it is elastic weight consolidation; without, a plain L2 pull.
public struct QuadraticPull: Sendable {
    /// The weights that are pulled to.
    public var base: [Float]
    /// The strength of the pull on each parameter; nil: the same for all.
    public var weights: [Float]?
    /// The factor of the whole pull.
    public var strength: Float

    /// A pull towards `base`. `weights`, where there are some, are as many.
    public init(base: [Float], weights: [Float]? = nil, strength: Float) {
        precondition(weights == nil || weights?.count == base.count, "a weight for each parameter")
        self.base = base
        self.weights = weights
        self.strength = strength
    }

    /// Adds the pull's gradient: `gradient += strength · weight · (w − base)`.
    public func add(to gradient: inout [Float], at parameters: [Float]) {
        precondition(gradient.count == base.count && parameters.count == base.count, "buffers of one network")
        gradient.withUnsafeMutableBufferPointer { gradient in
            parameters.withUnsafeBufferPointer { w in
                base.withUnsafeBufferPointer { base in
                    if let weights {
                        weights.withUnsafeBufferPointer { weights in
                            for i in gradient.indices { gradient[i] += strength * weights[i] * (w[i] - base[i]) }
                        }
                    } else {
                        for i in gradient.indices { gradient[i] += strength * (w[i] - base[i]) }
                    }
                }
            }
        }
    }

    /// The pull's part of the loss.
    public func loss(at parameters: [Float]) -> Double {
        precondition(parameters.count == base.count, "buffers of one network")
        var sum = 0.0
        for i in base.indices {
            let distance = Double(parameters[i] - base[i])
            sum += Double(weights?[i] ?? 1) * distance * distance
        }
        return 0.5 * Double(strength) * sum
    }
}
