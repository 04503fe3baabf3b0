import CDuctusKernels

/// Unchecked, because its memory is written only in `prepare`, which its owner calls while no other thread reads it.
final class PreparedInstanceNorm: PreparedLayer, @unchecked Sendable {
    private let layer: InstanceNorm
    /// Weight, then bias.
    private let parameters = Memory<Float>()

    private enum Buffer {
        static let statistics = 0
        /// Frames without mean and scale.
        static let normalized = 1
        /// For each sequence the factors of its channels, one over their deviations.
        static let scales = 2
        /// For each sequence how many frames its statistics count.
        static let counts = 0
    }

    init(_ layer: InstanceNorm) {
        self.layer = layer
    }

    func prepare(_ parameters: UnsafePointer<Float>) {
        self.parameters.reserve(2 * layer.in).update(from: parameters, count: 2 * layer.in)
    }

    /// Count, mean and squared differences of some frames.
    private struct Statistics {
        var count: Float
        let mean: UnsafeMutablePointer<Float>
        let squares: UnsafeMutablePointer<Float>
    }

    func forward(_ call: LayerCall) {
        let width = layer.in
        let table = call.kernels.table.pointee
        let memory = call.record.floats(Buffer.statistics).reserve(5 * width)
        let normalized =
            call.keepsActivations ? call.record.floats(Buffer.normalized).reserve(call.input.frames * width) : nil
        let scales = call.record.floats(Buffer.scales).reserve(call.input.sequences * width)
        let counts = call.record.integers(Buffer.counts).reserve(call.input.sequences)
        for sequence in 0..<call.input.sequences {
            let (offset, frames) = (Int(call.input.offsets[sequence]) * width, Int(call.input.lengths[sequence]))
            var all = Statistics(count: 0, mean: memory, squares: memory + width)
            count(call.x + offset, frames, into: &all, call.kernels, difference: memory + 4 * width)
            let state = call.state(sequence)?.values
            if let state { merge(state, into: &all) }
            counts[sequence] = Int(all.count)
            let scale = scales + sequence * width
            for channel in 0..<width {
                scale[channel] = 1 / (all.squares[channel] / max(all.count, 1) + layer.epsilon).squareRoot()
            }
            for frame in 0..<frames {
                let (x, y) = (call.x + offset + frame * width, call.y + offset + frame * width)
                y.update(from: x, count: width)
                table.add_scaled(-1, all.mean, y, width)
                table.multiply(y, scale, y, width)
                if let normalized { (normalized + offset + frame * width).update(from: y, count: width) }
                table.multiply(y, parameters.pointer, y, width)
                table.add_scaled(1, parameters.pointer + width, y, width)
            }
            if let state {
                var committed = Statistics(count: 0, mean: memory + 2 * width, squares: memory + 3 * width)
                count(
                    call.x + offset, Int(call.input.commits[sequence]), into: &committed, call.kernels,
                    difference: memory + 4 * width)
                merge(state, into: &committed)
                state[0] = committed.count
                (state + 1).update(from: committed.mean, count: width)
                (state + 1 + width).update(from: committed.squares, count: width)
            }
        }
    }

    private func count(
        _ x: UnsafePointer<Float>, _ frames: Int, into statistics: inout Statistics, _ kernels: Kernels,
        difference: UnsafeMutablePointer<Float>
    ) {
        let (table, width) = (kernels.table.pointee, layer.in)
        statistics.count = Float(frames)
        statistics.mean.update(repeating: 0, count: width)
        statistics.squares.update(repeating: 0, count: width)
        guard frames > 0 else { return }
        for frame in 0..<frames { table.add_scaled(1 / Float(frames), x + frame * width, statistics.mean, width) }
        for frame in 0..<frames {
            difference.update(from: x + frame * width, count: width)
            table.add_scaled(-1, statistics.mean, difference, width)
            table.multiply_add(difference, difference, statistics.squares, width)
        }
    }

    /// Adds what came before (Chan et al. 1979).
    private func merge(_ state: UnsafePointer<Float>, into statistics: inout Statistics) {
        let (before, width) = (state[0], layer.in)
        let total = before + statistics.count
        guard before > 0, total > 0 else { return }
        for channel in 0..<width {
            let difference = statistics.mean[channel] - state[1 + channel]
            statistics.mean[channel] = state[1 + channel] + difference * (statistics.count / total)
            statistics.squares[channel] +=
                state[1 + width + channel] + difference * difference * (before * statistics.count / total)
        }
        statistics.count = total
    }

    func backward(_ call: LayerReturn) {
        let (table, width) = (call.kernels.table.pointee, layer.in)
        let normalized = call.record.floats(Buffer.normalized).pointer
        let memory = call.shared.floats(0).reserve(2 * width)
        let (mean, slope) = (memory, memory + width)
        for sequence in 0..<call.input.sequences {
            let (offset, frames) = (Int(call.input.offsets[sequence]) * width, Int(call.input.lengths[sequence]))
            memory.update(repeating: 0, count: 2 * width)
            for frame in 0..<frames {
                let place = offset + frame * width
                table.add_scaled(1, call.dy + place, mean, width)
                table.multiply_add(call.dy + place, normalized + place, slope, width)
            }
            table.add_scaled(1, slope, call.gradient, width)
            table.add_scaled(1, mean, call.gradient + width, width)
            guard let dx = call.dx else { continue }
            // Frames from before the window count in the mean and scale, but get no gradient.
            let share = -1 / Float(max(call.record.integers(Buffer.counts).pointer[sequence], 1))
            for channel in 0..<width {
                mean[channel] *= share
                slope[channel] *= share
            }
            let scale = call.record.floats(Buffer.scales).pointer + sequence * width
            for frame in 0..<frames {
                let place = offset + frame * width
                let d = dx + place
                d.update(from: call.dy + place, count: width)
                table.add_scaled(1, mean, d, width)
                table.multiply_add(normalized + place, slope, d, width)
                table.multiply(d, parameters.pointer, d, width)
                table.multiply(d, scale, d, width)
            }
        }
    }
}
