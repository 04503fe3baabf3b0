import CDuctusKernels
import Foundation

/// A linear-chain random field, ready to run. Messages are probabilities, scaled at each frame; their scales add up in
/// double precision.
///
/// Unchecked, because its memory is written only in `prepare`, which its owner calls while no other thread reads it.
final class PreparedRandomField: PreparedHead, @unchecked Sendable {
    private let labels: Int
    private let kernels: Kernels
    /// The exponentials of the transition scores less the largest of them, which is `shift`.
    private let transitions = Memory<Float>()
    private var shift: Float = 0
    /// Scores of the transitions, then of beginnings, then of ends.
    private let scores = PreparedVector()

    init(labels: Int, _ kernels: Kernels) {
        self.labels = labels
        self.kernels = kernels
    }

    func prepare(_ parameters: UnsafePointer<Float>) {
        let count = labels * labels
        scores.load(parameters, count + 2 * labels)
        shift = UnsafeBufferPointer(start: parameters, count: count).max() ?? 0
        let factors = transitions.reserve(count)
        for index in 0..<count { factors[index] = parameters[index] - shift }
        kernels.table.pointee.exp(factors, factors, count)
    }

    private var start: UnsafePointer<Float> { scores.pointer + labels * labels }
    private var end: UnsafePointer<Float> { start + labels }

    /// Forward messages of some frames, frames × labels, each adding up to 1.
    ///
    /// - Parameters:
    ///   - before: the message of the previous frame; nil at the begin of a sequence.
    ///   - allowed: labels of frames; -1 where any is.
    /// - Returns: the logarithm of the factor that the messages were divided by.
    private func forward(
        _ x: UnsafePointer<Float>, frames: Int, before: UnsafePointer<Float>?, allowed: [Int32]?,
        emissions: UnsafeMutablePointer<Float>, to messages: UnsafeMutablePointer<Float>
    ) -> Double {
        let table = kernels.table.pointee
        var normalizer = 0.0
        for frame in 0..<frames {
            let (row, emission) = (messages + frame * labels, emissions + frame * labels)
            emission.update(from: x + frame * labels, count: labels)
            let previous = frame > 0 ? UnsafePointer(row - labels) : before
            if previous == nil { table.add_scaled(1, start, emission, labels) }
            let only = allowed.map { $0[frame] } ?? Target.ignored
            let largest =
                only == Target.ignored
                ? UnsafeBufferPointer(start: emission, count: labels).max() ?? 0 : emission[Int(only)]
            for label in 0..<labels {
                emission[label] = only == Target.ignored || Int(only) == label ? emission[label] - largest : -.infinity
            }
            table.exp(emission, emission, labels)
            if let previous {
                table.mix(previous, transitions.pointer, labels, Int32(labels), Int32(labels), row)
                table.multiply(row, emission, row, labels)
                normalizer += Double(shift)
            } else {
                row.update(from: emission, count: labels)
            }
            var sum: Float = 0
            for label in 0..<labels { sum += row[label] }
            let factor = 1 / max(sum, .leastNormalMagnitude)
            for label in 0..<labels { row[label] *= factor }
            normalizer += Double(largest) + log(Double(max(sum, .leastNormalMagnitude)))
        }
        return normalizer
    }

    /// Turns the forward messages into probabilities of labels. `emissions` are those that `forward` left.
    ///
    /// - Parameters:
    ///   - isEnd: the last frame is the sequence's last.
    ///   - pairs: receives, by adding, the expected number of each transition over `transitions`, times `scale`; nil where it is not wanted.
    private func backward(
        frames: Int, isEnd: Bool, emissions: UnsafePointer<Float>, messages: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>, pairs: UnsafeMutablePointer<Float>? = nil, scale: Float = 1
    ) {
        let table = kernels.table.pointee
        let (message, seen, share) = (scratch, scratch + labels, scratch + 2 * labels)
        for frame in Swift.stride(from: frames - 1, through: 0, by: -1) {
            let row = messages + frame * labels
            if frame == frames - 1 {
                if isEnd { table.exp(end, message, labels) } else { message.update(repeating: 1, count: labels) }
            } else {
                table.multiply(message, emissions + (frame + 1) * labels, seen, labels)
                table.dots(seen, transitions.pointer, labels, Int32(labels), Int32(labels), 1, message)
            }
            var sum: Float = 0
            table.multiply(row, message, share, labels)
            for label in 0..<labels { sum += share[label] }
            let factor = 1 / max(sum, .leastNormalMagnitude)
            if let pairs, frame < frames - 1 {
                for label in 0..<labels { row[label] *= factor * scale }
                table.spread(row, seen, pairs, labels, Int32(labels), Int32(labels))
            }
            for label in 0..<labels { row[label] = share[label] * factor }
            // The message's size does not matter, its range does.
            var largest: Float = 0
            for label in 0..<labels { largest = max(largest, message[label]) }
            let down = 1 / max(largest, .leastNormalMagnitude)
            for label in 0..<labels { message[label] *= down }
        }
    }

    func forward(_ call: LayerCall) {
        let memory = call.record.floats(0).reserve(call.input.frames * labels + 3 * labels)
        let scratch = memory + call.input.frames * labels
        for sequence in 0..<call.input.sequences {
            let (offset, frames) = (Int(call.input.offsets[sequence]) * labels, Int(call.input.lengths[sequence]))
            guard frames > 0 else { continue }
            let state = call.state(sequence)?.values
            let before = state.flatMap { $0[0] > 0 ? UnsafePointer($0 + 1) : nil }
            let y = call.y + offset
            _ = forward(
                call.x + offset, frames: frames, before: before, allowed: nil, emissions: memory + offset, to: y)
            let commit = Int(call.input.commits[sequence])
            if let state, commit > 0 {
                state[0] = 1
                (state + 1).update(from: y + (commit - 1) * labels, count: labels)
            }
            backward(
                frames: frames, isEnd: call.input.isEnd(sequence), emissions: memory + offset, messages: y,
                scratch: scratch)
            for index in 0..<frames * labels { y[index] = log(max(y[index], 1e-30)) }
        }
    }

    func backward(_ call: LayerReturn) {}

    func loss(
        _ call: LossCall, labels given: [Int32], sequence: Int, scores x: UnsafePointer<Float>,
        parameters: UnsafeMutablePointer<Float>?
    ) -> Double {
        guard call.frames > 0 else { return 0 }
        let table = call.kernels.table.pointee
        let (frames, count) = (call.frames, call.frames * labels)
        let memory = call.scratch.object(RandomFieldScratch.init).memory.reserve(
            3 * count + 3 * labels + labels * labels)
        let (emissions, all, own) = (memory, memory + count, memory + 2 * count)
        let scratch = memory + 3 * count
        let pairs = scratch + 3 * labels
        pairs.update(repeating: 0, count: labels * labels)
        // The logarithms of the sums over all label sequences, and over those that agree with the labels.
        let total =
            forward(x, frames: frames, before: nil, allowed: nil, emissions: emissions, to: all) + endScore(all, frames)
        backward(
            frames: frames, isEnd: true, emissions: emissions, messages: all, scratch: scratch,
            pairs: parameters == nil ? nil : pairs)
        let agreeing =
            forward(x, frames: frames, before: nil, allowed: given, emissions: emissions, to: own)
            + endScore(own, frames)
        backward(
            frames: frames, isEnd: true, emissions: emissions, messages: own, scratch: scratch,
            pairs: parameters == nil ? nil : pairs, scale: -1)
        guard let gradient = call.gradient else { return total - agreeing }
        gradient.update(repeating: 0, count: count)
        table.add_scaled(call.scale, all, gradient, count)
        table.add_scaled(-call.scale, own, gradient, count)
        if let parameters {
            table.multiply(pairs, transitions.pointer, pairs, labels * labels)
            table.add_scaled(call.scale, pairs, parameters, labels * labels)
            table.add_scaled(1, gradient, parameters + labels * labels, labels)
            table.add_scaled(1, gradient + (frames - 1) * labels, parameters + labels * (labels + 1), labels)
        }
        return total - agreeing
    }

    /// The addition of the ends' scores to the logarithm of the sum, given the last forward message.
    private func endScore(_ messages: UnsafePointer<Float>, _ frames: Int) -> Double {
        let last = messages + (frames - 1) * labels
        var largest = -Float.infinity
        for label in 0..<labels where last[label] > 0 { largest = max(largest, end[label]) }
        var sum = 0.0
        for label in 0..<labels where last[label] > 0 { sum += Double(last[label]) * exp(Double(end[label] - largest)) }
        return Double(largest) + log(sum)
    }
}

/// Memory of the losses of random fields.
private final class RandomFieldScratch {
    let memory = Memory<Float>()
}
