/// Label smoothing (Szegedy et al. 2016): any loss, mixed with the cross-entropy of labels that are all equally likely,
/// so that the network does not become surer than it should.
///
/// `(1 − amount) · loss + amount · Σ −mean log p`, over the frames that count. For labels of frames that is PyTorch's
/// `label_smoothing`.
public struct SmoothedLoss: Loss {
    /// The loss that is smoothed.
    public var base: any Loss
    /// The share of the even labels, 0…1.
    public var amount: Float

    /// A loss, mixed with a share `amount` of even labels, 0…1.
    public init(_ base: any Loss, amount: Float) {
        self.base = base
        self.amount = amount
    }

    public static func == (a: SmoothedLoss, b: SmoothedLoss) -> Bool {
        AnyHashable(a.base) == AnyHashable(b.base) && a.amount == b.amount
    }

    public func hash(into hasher: inout Hasher) {
        base.hash(into: &hasher)
        hasher.combine(amount)
    }

    public var labelCount: Int { base.labelCount }

    public func fits(_ frames: Int) -> Bool { base.fits(frames) }

    public func counts(_ frame: Int) -> Bool { base.counts(frame) }

    public func check(sequence: Int, frames: Int, classes: Int) throws(NetworkError) {
        guard (0...1).contains(amount) else {
            throw .badTarget(sequence: sequence, reason: "is smoothed by \(amount), which must lie between 0 and 1")
        }
        try base.check(sequence: sequence, frames: frames, classes: classes)
    }

    public func evaluate(_ call: LossCall) -> Double {
        let own = base.evaluate(call.with(gradient: call.gradient, scale: call.scale * (1 - amount)))
        let classes = call.classes
        let row = call.scratch.object(SmoothingScratch.init).memory.reserve(classes)
        var even = 0.0
        for frame in 0..<call.frames where base.counts(frame) {
            let line = call.logPosteriors + frame * classes
            var sum: Float = 0
            for label in 0..<classes { sum += line[label] }
            even -= Double(sum) / Double(classes)
            guard let gradient = call.gradient else { continue }
            call.kernels.table.pointee.exp(line, row, classes)
            let factor = call.scale * amount
            for label in 0..<classes { gradient[frame * classes + label] += factor * (row[label] - 1 / Float(classes)) }
        }
        return Double(1 - amount) * own + Double(amount) * even
    }
}

/// Memory of smoothing.
private final class SmoothingScratch {
    let memory = Memory<Float>()
}
