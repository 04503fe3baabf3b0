import Dispatch
import DuctusNetwork
import DuctusRandomness
import Foundation

/// Measures the speed of the network engine at one shape: a stack of bidirectional LSTM layers and a linear layer, as the peers have it.
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
    /// In place of the stack of LSTM layers.
    var given: Architecture?

    /// The object that `--json` prints. Times are medians in seconds. Shares are of the peak of this number of cores, in fp32
    /// multiply-adds on registers.
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
        /// The speed of a product of 192 × 192 by 192 × 384 on one thread, by our kernels and by OpenBLAS, and the one
        /// that the network takes.
        var kernels_gflops: Double
        var openblas_gflops: Double
        var large_products: String
        var inference_limit_share: Double
        var training_limit_share: Double?
    }

    func run() throws -> Report {
        let architecture = given ?? stack
        let network = try Network(architecture: architecture, seed: 1, precision: precision)
        let limit = 2 * bestRate { network.instructionSet.multiplyAdds(atLeast: 200_000_000) } * Double(threads)
        let set = network.instructionSet
        let operations = operations(architecture)
        let inference = try inferenceTime(network)
        let training = trains ? try trainingTime(network) : nil
        return Report(
            input: architecture.input, hidden: hidden, layers: architecture.layers.count, frames: frames, batch: batch,
            labels: architecture.output, threads: threads,
            precision: precision.rawValue, instruction_set: network.instructionSet.rawValue,
            reduced_format: precision == .bf16 ? network.instructionSet.reducedFormat : nil,
            parameters: network.parameters.count, inference_s: inference, training_step_s: training,
            limit_gflops: limit / 1e9, kernels_gflops: LargeProducts.rate(of: .kernels, set) / 1e9,
            openblas_gflops: LargeProducts.rate(of: .openBLAS, set) / 1e9,
            large_products: try LargeProducts.selected(for: set).rawValue,
            inference_limit_share: operations / limit / inference,
            training_limit_share: training.map { 3 * operations / limit / $0 })
    }

    private var stack: Architecture {
        var stack: [Layer] = []
        for index in 0..<layers {
            stack.append(.recurrent(Recurrent(in: index == 0 ? input : 2 * hidden, hidden: hidden)))
        }
        stack.append(.linear(Linear(in: layers == 0 ? input : 2 * hidden, out: labels)))
        stack.append(.logSoftmax)
        return Architecture(input: input, layers: stack)
    }

    /// Floating-point operations of the products of one forward pass, as if every weight served every frame; the way back needs twice as many more.
    private func operations(_ architecture: Architecture) -> Double {
        let weights = ParameterLayout(architecture).tensors.filter(\.isWeight).reduce(0) { $0 + $1.count }
        return 2 * Double(weights * frames * batch)
    }

    /// Random frames; labels where the network reads such.
    private func sequences(_ architecture: Architecture) -> Batch {
        let input = architecture.input
        var generator = SplitMix64(seed: 7)
        var sequences = Batch(dimension: input)
        let labels = architecture.layers.first?.kind.labels
        for _ in 0..<batch {
            sequences.append(
                (0..<frames * input).map { _ in
                    labels.map { Float(Int.random(in: $0, using: &generator)) } ?? generator.normal()
                })
        }
        return sequences
    }

    /// The batch is divided among the threads, each with a workspace of its own.
    private func inferenceTime(_ network: Network) throws -> Double {
        let all = sequences(network.architecture)
        let width = frames * network.architecture.input
        let parts = (0..<min(threads, batch)).map { thread in
            var part = Batch(dimension: network.architecture.input)
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
        let batch = sequences(network.architecture)
        let labels = network.architecture.output
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

    /// The best speed of `work`: the operations that it reports, per second.
    private func bestRate(_ work: () -> Double) -> Double {
        (0..<5).map { _ in
            let begin = clock.now()
            let done = work()
            return done / (clock.now() - begin)
        }.max() ?? 0
    }
}

/// The counts of a measurement.
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
