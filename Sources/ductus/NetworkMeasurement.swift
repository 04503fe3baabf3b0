import Dispatch
import DuctusNetwork
import DuctusRandomness
import Foundation

/// How fast the network engine runs at one shape: a stack of bidirectional LSTM layers and a linear layer, as the peers have it.
struct NetworkMeasurement {
    var input = 96
    var hidden = 96
    var layers = 3
    var frames = 190
    var batch = 1
    var labels = 96
    var threads = 1
    var precision = Precision.fp32
    var trains = false
    var repeats = 30
    var clock = MeasurementClock.wall

    /// What `--json` prints. Times are medians in seconds; shares are of what as many cores multiply and add at most, in registers, in fp32.
    struct Report: Codable {
        var input: Int
        var hidden: Int
        var layers: Int
        var frames: Int
        var batch: Int
        var labels: Int
        var threads: Int
        var precision: String
        var instruction_set: String
        var reduced_format: String?
        var parameters: Int
        var inference_s: Double
        var training_step_s: Double?
        var limit_gflops: Double
        /// What OpenBLAS' large product reaches on one thread.
        var openblas_gflops: Double
        var inference_limit_share: Double
        var training_limit_share: Double?
    }

    func run() throws -> Report {
        let architecture = architecture
        let network = try Network(architecture: architecture, seed: 1, precision: precision)
        let limit = 2 * bestRate { network.instructionSet.multiplyAdds(atLeast: 200_000_000) } * Double(threads)
        let inference = try inferenceTime(network)
        let training = trains ? try trainingTime(network) : nil
        return Report(
            input: input, hidden: hidden, layers: layers, frames: frames, batch: batch, labels: labels,
            threads: threads,
            precision: precision.rawValue, instruction_set: network.instructionSet.rawValue,
            reduced_format: precision == .bf16 ? network.instructionSet.reducedFormat : nil,
            parameters: network.parameters.count, inference_s: inference, training_step_s: training,
            limit_gflops: limit / 1e9, openblas_gflops: bestRate(largeProduct) / 1e9,
            inference_limit_share: operations / limit / inference,
            training_limit_share: training.map { 3 * operations / limit / $0 })
    }

    private var architecture: Architecture {
        var stack: [Layer] = []
        for index in 0..<layers {
            stack.append(.recurrent(Recurrent(in: index == 0 ? input : 2 * hidden, hidden: hidden)))
        }
        stack.append(.linear(Linear(in: layers == 0 ? input : 2 * hidden, out: labels)))
        stack.append(.logSoftmax)
        return Architecture(input: input, layers: stack)
    }

    /// Floating-point operations of the products of one forward pass; the way back needs twice as many more.
    private var operations: Double {
        var perFrame = 2 * 2 * hidden * labels
        for index in 0..<layers { perFrame += 2 * 2 * 4 * hidden * ((index == 0 ? input : 2 * hidden) + hidden) }
        return Double(perFrame * frames * batch)
    }

    private func sequences() -> Batch {
        var generator = SplitMix64(seed: 7)
        var sequences = Batch(dimension: input)
        for _ in 0..<batch { sequences.append((0..<frames * input).map { _ in generator.normal() }) }
        return sequences
    }

    /// The batch is divided among the threads, each with a workspace of its own.
    private func inferenceTime(_ network: Network) throws -> Double {
        let all = sequences()
        let width = frames * input
        let parts = (0..<min(threads, batch)).map { thread in
            var part = Batch(dimension: input)
            for index in stride(from: thread, to: batch, by: threads) {
                part.append(Array(all.frames[index * width..<(index + 1) * width]))
            }
            return Lane(batch: part)
        }
        return try median(of: repeats) {
            if parts.count == 1 {
                _ = try network.forward(parts[0].batch, workspace: parts[0].workspace)
            } else {
                DispatchQueue.concurrentPerform(iterations: parts.count) { index in
                    _ = try? network.forward(parts[index].batch, workspace: parts[index].workspace)
                }
            }
        }
    }

    /// Forward, CTC, backward, clipping, AdamW; a label for every seven frames.
    private func trainingTime(_ network: Network) throws -> Double {
        let batch = sequences()
        var generator = SplitMix64(seed: 9)
        let targets = (0..<self.batch).map { _ in
            Target.ctc((0..<max(1, frames / 7)).map { _ in Int32.random(in: 1..<Int32(labels), using: &generator) })
        }
        let backpropagation = try Backpropagation(
            architecture: network.architecture, parameters: network.parameters, threads: threads)
        var optimizer = AdamW(count: network.parameters.count)
        var step = 0
        return try median(of: max(5, repeats / 3)) {
            try backpropagation.computeGradient(of: batch, targets: targets, reduction: .perSequence, step: step)
            GradientNorms.clip(&backpropagation.gradient, toNorm: 3)
            optimizer.update(
                &backpropagation.parameters, gradient: backpropagation.gradient, learningRate: 1e-3, mask: nil)
            step += 1
        }
    }

    private func median(of repeats: Int, _ work: () throws -> Void) rethrows -> Double {
        for _ in 0..<3 { try work() }
        var times: [Double] = []
        for _ in 0..<repeats {
            let begin = clock.now()
            try work()
            times.append(clock.now() - begin)
        }
        times.sort()
        return times[times.count / 2]
    }

    /// How much of what `work` says that it did was done in a second, at best.
    private func bestRate(_ work: () -> Double) -> Double {
        (0..<5).map { _ in
            let begin = clock.now()
            let done = work()
            return done / (clock.now() - begin)
        }.max() ?? 0
    }

    /// - Returns: floating-point operations.
    private func largeProduct() -> Double {
        let size = 768
        let a = [Float](repeating: 0.5, count: size * size)
        var c = a
        LargeProduct.multiply(a, a, into: &c, size: size)
        return 2 * Double(size * size * size)
    }
}

/// What a measurement counts.
enum MeasurementClock: String, CaseIterable, Sendable {
    /// Time as it passes.
    case wall
    /// The processor time of all threads: fair for one thread on a machine that is busy with other work.
    case cpu

    func now() -> Double {
        var time = timespec()
        clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// One thread's batch and memory. Unchecked, because the threads of a measurement use one each.
private final class Lane: @unchecked Sendable {
    let batch: Batch
    let workspace = Workspace()

    init(batch: Batch) {
        self.batch = batch
    }
}
