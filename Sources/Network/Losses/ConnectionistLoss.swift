import CDuctusKernels
import Foundation

/// A label sequence, whose alignment with the frames is unknown: connectionist temporal classification.
public struct ConnectionistTarget: Loss {
    /// The labels in order, without blanks (class 0).
    public var labels: [Int32]

    /// The labels of a sequence, without blanks.
    public init(labels: [Int32]) {
        self.labels = labels
    }

    public var labelCount: Int { labels.count }

    public func fits(_ frames: Int) -> Bool {
        frames > 0 && ConnectionistLoss.framesNeeded(labels) <= frames
    }

    public func check(sequence: Int, frames: Int, classes: Int) throws(NetworkError) {
        if let label = labels.first(where: { $0 < 1 || $0 >= classes }) {
            throw .labelOutOfRange(sequence: sequence, label: label, labels: classes)
        }
    }

    public func evaluate(_ call: LossCall) -> Double {
        call.scratch.object(ConnectionistLoss.init).loss(
            call.logPosteriors, frames: call.frames, classes: call.classes, labels: labels, gradient: call.gradient,
            scale: call.scale, kernels: call.kernels)
    }
}

/// Connectionist temporal classification: the probability of a label sequence over all its alignments with the frames,
/// and that loss' closed-form derivative (Graves et al.: "Connectionist temporal classification", ICML 2006).
///
/// All in log space. Each few frames the path variables are shifted by their maximum, which is added up in double
/// precision: so their size, and with it their rounding, does not grow with the length of the sequence. Memory is
/// frames × labels, used again.
final class ConnectionistLoss {
    private let forward = Memory<Float>()
    private let backward = Memory<Float>()
    private let emissions = Memory<Float>()
    private let penalties = Memory<Float>()

    /// Stands for the logarithm of zero; finite, so that no difference of two of them is undefined.
    private static let impossible: Float = -1e30
    /// Frames between two shifts.
    private static let shiftInterval = 4

    /// Output frames that `labels` need at least: one each, and a blank between equal neighbours.
    static func framesNeeded(_ labels: [Int32]) -> Int {
        labels.count + zip(labels, labels.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    }

    /// The loss of one sequence in nats.
    ///
    /// - Parameters:
    ///   - logPosteriors: frames × classes.
    ///   - gradient: receives the derivative by the scores before the softmax, times `scale`; nil where it is not wanted. It is
    ///     undefined where the loss is not finite.
    func loss(
        _ logPosteriors: UnsafePointer<Float>, frames: Int, classes: Int, labels: [Int32],
        gradient: UnsafeMutablePointer<Float>?, scale: Float, kernels: Kernels
    ) -> Double {
        let width = 2 * labels.count + 1
        // Two impossible places to the left of each row stand for "before the first label".
        let stride = width + 2
        let rows = forward.reserve(frames * stride)
        let emission = emissions.reserve(width)
        // The way back looks two places further, where nothing is.
        let penalty = penalties.reserve(width + 2)
        penalty[width] = 0
        penalty[width + 1] = 0
        for place in 0..<width {
            let mayskip = place % 2 == 1 && place > 1 && labels[place / 2] != labels[place / 2 - 1]
            penalty[place] = mayskip ? 0 : Self.impossible
        }

        let table = kernels.table.pointee
        var shift = 0.0
        for frame in 0..<frames {
            let row = rows + frame * stride + 2
            row[-2] = Self.impossible
            row[-1] = Self.impossible
            gather(logPosteriors + frame * classes, labels, emission)
            if frame == 0 {
                for place in 0..<width { row[place] = place < 2 ? emission[place] : Self.impossible }
            } else {
                let previous = UnsafePointer(row - stride)
                table.log_sum(previous, previous - 1, previous - 2, penalty, emission, row, width)
            }
            if frame % Self.shiftInterval == 0 { shift += Double(Self.shiftToZero(row, width)) }
        }
        let last = rows + (frames - 1) * stride + 2
        let ends = (Double(last[width - 1]), width == 1 ? -.infinity : Double(last[width - 2]))
        let loss = -(shift + max(ends.0, ends.1) + log1p(exp(-abs(ends.0 - ends.1))))
        if let gradient, loss.isFinite {
            table.exp(logPosteriors, gradient, frames * classes)
            addPaths(
                logPosteriors, frames: frames, classes: classes, labels: labels, gradient: gradient, scale: scale,
                kernels: kernels)
        }
        return loss
    }

    /// Runs the backward variables and turns `gradient` from posteriors into `scale · (posterior − share of paths)`.
    private func addPaths(
        _ logPosteriors: UnsafePointer<Float>, frames: Int, classes: Int, labels: [Int32],
        gradient: UnsafeMutablePointer<Float>, scale: Float, kernels: Kernels
    ) {
        let table = kernels.table.pointee
        let width = 2 * labels.count + 1
        let stride = width + 2
        let rows = forward.pointer
        let (emission, penalty) = (emissions.pointer, penalties.pointer)
        // Two rows in turn, with two impossible places to the right; and the shares of paths.
        let memory = backward.reserve(3 * stride)
        memory.update(repeating: Self.impossible, count: 2 * stride)
        var (later, row) = (memory, memory + stride)
        let share = memory + 2 * stride
        for frame in Swift.stride(from: frames - 1, through: 0, by: -1) {
            if frame == frames - 1 {
                row[width - 1] = 0
                if width > 1 { row[width - 2] = 0 }
            } else {
                // `later` holds the next frame's variables with its emissions already added.
                // Skipping a blank is a matter of the label skipped to.
                table.log_sum(later, later + 1, later + 2, penalty + 2, nil, row, width)
            }
            if frame % Self.shiftInterval == 0 { _ = Self.shiftToZero(row, width) }

            let alpha = rows + frame * stride + 2
            let total = table.shares(alpha, row, share, width)
            let weight = scale / total
            let line = gradient + frame * classes
            for label in 0..<classes { line[label] *= scale }
            for place in 0..<width {
                line[place % 2 == 0 ? 0 : Int(labels[place / 2])] -= weight * share[place]
            }

            gather(logPosteriors + frame * classes, labels, emission)
            for place in 0..<width { row[place] += emission[place] }
            swap(&later, &row)
        }
    }

    private func gather(
        _ line: UnsafePointer<Float>, _ labels: [Int32], _ emission: UnsafeMutablePointer<Float>
    ) {
        emission[0] = line[0]
        for index in labels.indices {
            emission[2 * index + 1] = line[Int(labels[index])]
            emission[2 * index + 2] = line[0]
        }
    }

    private static func shiftToZero(_ row: UnsafeMutablePointer<Float>, _ width: Int) -> Float {
        var best = row[0]
        for place in 1..<max(width, 1) where row[place] > best { best = row[place] }
        for place in 0..<width { row[place] -= best }
        return best
    }
}
