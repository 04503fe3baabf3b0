import CDuctusKernels

/// A label for each output frame.
public struct FrameTarget: Loss {
    /// `Target.ignored` where a frame does not count.
    public var labels: [Int32]

    /// A label for each frame; `Target.ignored` where a frame has none.
    public init(labels: [Int32]) {
        self.labels = labels
    }

    public var labelCount: Int { labels.reduce(0) { $0 + ($1 == Target.ignored ? 0 : 1) } }

    public func fits(_ frames: Int) -> Bool { true }

    public func counts(_ frame: Int) -> Bool { labels[frame] != Target.ignored }

    public func check(sequence: Int, frames: Int, classes: Int) throws(NetworkError) {
        guard labels.count == frames else {
            throw .wrongLabelCount(sequence: sequence, expected: frames, found: labels.count)
        }
        if let label = labels.first(where: { $0 < Target.ignored || $0 >= classes }) {
            throw .labelOutOfRange(sequence: sequence, label: label, labels: classes)
        }
    }

    public func evaluate(_ call: LossCall) -> Double {
        FrameLoss.loss(
            call.logPosteriors, classes: call.classes, labels: labels, gradient: call.gradient, scale: call.scale,
            kernels: call.kernels)
    }
}

/// Cross-entropy of each frame's label; frames labeled `Target.ignored` count for nothing.
enum FrameLoss {
    /// The loss of one sequence in nats, summed over its frames.
    ///
    /// - Parameters:
    ///   - logPosteriors: frames × classes.
    ///   - gradient: receives the derivative by the scores before the softmax, times `scale`; nil where it is not wanted.
    static func loss(
        _ logPosteriors: UnsafePointer<Float>, classes: Int, labels: [Int32], gradient: UnsafeMutablePointer<Float>?,
        scale: Float, kernels: Kernels
    ) -> Double {
        if let gradient { kernels.table.pointee.exp(logPosteriors, gradient, labels.count * classes) }
        var loss = 0.0
        for (frame, label) in labels.enumerated() {
            let counts = label != Target.ignored
            if counts { loss -= Double(logPosteriors[frame * classes + Int(label)]) }
            guard let gradient else { continue }
            let line = gradient + frame * classes
            let factor = counts ? scale : 0
            for index in 0..<classes { line[index] *= factor }
            if counts { line[Int(label)] -= scale }
        }
        return loss
    }
}
