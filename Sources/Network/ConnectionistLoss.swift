import CKernels

/// Connectionist temporal classification: the probability of a label sequence over all its alignments with the frames, and
/// that loss' closed-form derivative (Graves et al.: "Connectionist temporal classification", ICML 2006).
///
/// All in log space. Each few frames the path variables are shifted by their maximum, which is added up in double precision:
/// so their size, and with it their rounding, does not grow with the length of the sequence. Memory is frames × labels, used again.
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
        let penalty = penalties.reserve(width)
        for place in 0..<width {
            let mayskip = place % 2 == 1 && place > 1 && labels[place / 2] != labels[place / 2 - 1]
            penalty[place] = mayskip ? 0 : Self.impossible
        }

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
                for place in 0..<width {
                    row[place] = emission[place] + logSum(
                        previous[place], previous[place - 1], previous[place - 2] + penalty[place])
                }
            }
            if frame % Self.shiftInterval == 0 { shift += Double(Self.shiftToZero(row, width)) }
        }
        let last = rows + (frames - 1) * stride + 2
        let end = width == 1
            ? last[0] : logSum(last[width - 1], last[width - 2], Self.impossible)
        let loss = -(shift + Double(end))
        if let gradient, loss.isFinite {
            kernels.table.pointee.exp(logPosteriors, gradient, frames * classes)
            addPaths(
                logPosteriors, frames: frames, classes: classes, labels: labels, gradient: gradient, scale: scale)
        }
        return loss
    }

    /// Runs the backward variables and turns `gradient` from posteriors into `scale · (posterior − share of paths)`.
    private func addPaths(
        _ logPosteriors: UnsafePointer<Float>, frames: Int, classes: Int, labels: [Int32],
        gradient: UnsafeMutablePointer<Float>, scale: Float
    ) {
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
                for place in 0..<width - 1 {
                    // Skipping a blank is a matter of the label skipped to.
                    row[place] = logSum(
                        later[place], later[place + 1], later[place + 2] + (place + 2 < width ? penalty[place + 2] : 0))
                }
                row[width - 1] = later[width - 1]
            }
            if frame % Self.shiftInterval == 0 { _ = Self.shiftToZero(row, width) }

            let alpha = rows + frame * stride + 2
            var best = Self.impossible
            for place in 0..<width {
                share[place] = alpha[place] + row[place]
                if share[place] > best { best = share[place] }
            }
            var total: Float = 0
            for place in 0..<width { share[place] = expNonPositive(share[place] - best) }
            for place in 0..<width { total += share[place] }
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

/// `log(eᵃ + eᵇ + eᶜ)` without branches, so that the compiler can use vector registers; absolute error below 3e-7.
@inline(__always)
private func logSum(_ a: Float, _ b: Float, _ c: Float) -> Float {
    let ab = a > b ? a : b
    let best = ab > c ? ab : c
    let sum = expNonPositive(a - best) + expNonPositive(b - best) + expNonPositive(c - best)
    // The sum lies in 1 … 3. With s = (sum − √3) / (sum + √3): log sum = log √3 + 2 artanh s, |s| < 0.268.
    let root: Float = 1.7320508
    let s = (sum - root) / (sum + root)
    let q = s * s
    let series = 1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11)))))
    return best + (0.54930614 + 2 * s * series)
}

/// `eˣ` for x ≤ 0, at least 1e-37: relative error below 2e-7 (range reduction by powers of two, then a polynomial).
@inline(__always)
private func expNonPositive(_ x: Float) -> Float {
    let clamped = x < -85 ? -85 : x
    // Adding 1.5 · 2²³ rounds to an integer, which then stands in the low bits.
    let shifted = clamped * 1.44269504 + 12_582_912
    let power = shifted - 12_582_912
    let rest = (clamped - power * 0.693359375) - power * -2.12194440e-4
    let polynomial =
        1 + rest * (1 + rest * (0.5 + rest * (0.16666667 + rest * (0.041666638 + rest * (0.0083334520 + rest * 0.0013930436)))))
    let bits = Int32(bitPattern: shifted.bitPattern) &- 0x4b40_0000
    return polynomial * Float(bitPattern: UInt32(bitPattern: (bits &+ 127) << 23))
}
