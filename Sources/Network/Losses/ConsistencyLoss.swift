import CDuctusKernels

/// Consistency between two views of one sequence: the Kullback-Leibler divergence of each view's posteriors from the
/// other's, whose gradient does not flow into the other (CR-CTC; Yao et al.: "CR-CTC: Consistency regularization on CTC
/// for improved speech recognition", 2024).
///
/// With p and q the posteriors of the two views of a frame, the derivative of KL(q ‖ p) by the scores before p's
/// softmax is p − q.
final class ConsistencyLoss {
    private let first = Memory<Float>()
    private let second = Memory<Float>()

    /// The loss in nats: the mean of both directions, summed over frames.
    ///
    /// - Parameters:
    ///   - a: log posteriors of one view, frames × classes.
    ///   - b: log posteriors of the other view.
    ///   - gradients: the gradients of both views' scores, to which `scale` times the derivative is added.
    func loss(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int,
        gradients: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)?, scale: Float, kernels: Kernels
    ) -> Double {
        let table = kernels.table.pointee
        let (p, q) = (first.reserve(count), second.reserve(count))
        table.exp(a, p, count)
        table.exp(b, q, count)
        // (KL(p ‖ q) + KL(q ‖ p)) / 2 = Σ (p − q)(log p − log q) / 2
        var sum: Float = 0
        for index in 0..<count {
            let difference = p[index] - q[index]
            sum += difference * (a[index] - b[index])
            p[index] = difference
        }
        if let gradients {
            table.add_scaled(scale, p, gradients.0, count)
            table.add_scaled(-scale, p, gradients.1, count)
        }
        return Double(sum) / 2
    }
}
