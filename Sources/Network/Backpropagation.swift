import DuctusFoundations
import DuctusRandomness

/// Computes how a batch's loss changes with each parameter of a network: what every kind of training is made of.
///
/// For example, a training step:
///
///     let report = try backpropagation.computeGradient(of: batch, targets: targets, reduction: .perLabel, step: step)
///     GradientNorms.clip(&backpropagation.gradient, toNorm: 3)
///     optimizer.update(
///         &backpropagation.parameters, gradient: backpropagation.gradient, learningRate: schedule.rate(at: step), mask: nil)
///
/// A batch is divided among threads by sequences. For the same seed, step and number of threads the gradient is the same to
/// the last bit; another number of threads only adds up in another order.
public final class Backpropagation {
    public let architecture: Architecture
    /// Where each tensor lies in `parameters` and `gradient`.
    public let layout: ParameterLayout
    public let instructionSet: InstructionSet
    public let threads: Int
    /// The weights that are trained; changes count from the next call on.
    public var parameters: [Float]
    /// The derivative of the last batch's loss by each parameter.
    public var gradient: [Float]
    private let prepared: PreparedNetwork
    private let shards: [TrainingShard]
    private let generator: SplitMix64

    /// - Parameters:
    ///   - parameters: in the order of `ParameterLayout(architecture)`.
    ///   - threads: how many threads share a batch.
    ///   - seed: of the masks of dropout.
    ///   - instructionSet: `InstructionSet.selected()` where nil.
    /// - Throws: `ArchitectureError`, `NetworkError`.
    public init(
        architecture: Architecture, parameters: [Float], threads: Int = 1, seed: UInt64 = 0,
        instructionSet: InstructionSet? = nil
    ) throws {
        try architecture.validate()
        guard architecture.layers.last == .logSoftmax else { throw NetworkError.lossNeedsLogSoftmax }
        layout = ParameterLayout(architecture)
        guard parameters.count == layout.count else {
            throw NetworkError.wrongParameterCount(expected: layout.count, found: parameters.count)
        }
        let set = try instructionSet ?? InstructionSet.selected()
        self.architecture = architecture
        self.parameters = parameters
        self.threads = max(threads, 1)
        self.instructionSet = set
        generator = SplitMix64(seed: seed)
        gradient = [Float](repeating: 0, count: layout.count)
        let prepared = PreparedNetwork(architecture, layout, precision: .fp32, kernels: try Kernels(set), trains: true)
        self.prepared = prepared
        shards = (0..<self.threads).map { _ in TrainingShard(prepared) }
    }

    /// An immutable network of the parameters as they stand.
    public func network(precision: Precision = .fp32) throws -> Network {
        try Network(
            architecture: architecture, parameters: parameters, precision: precision, instructionSet: instructionSet)
    }

    /// Runs a batch forward and back; `gradient` then holds the derivative of the reduced loss.
    ///
    /// - Parameters:
    ///   - targets: one for each sequence. Sequences whose labels do not fit are reported and count for nothing.
    ///   - step: seeds dropout together with the seed given at the begin.
    ///   - dropout: false computes the gradient of the network as it is used.
    ///   - consistency: weight of the consistency between two views of a sequence; then sequences 2i and 2i + 1 are views of
    ///     the same one, with the same number of frames. 0 treats each sequence by itself.
    ///   - windows: truncated backpropagation through time, for endless sequences: each sequence is the next piece of a stream
    ///     (usually with the whole piece as chunk); its state is carried from piece to piece, its gradient is not.
    /// - Throws: `NetworkError` before anything is computed.
    @discardableResult
    public func computeGradient(
        of batch: Batch, targets: [Target], reduction: Reduction, step: Int = 0, dropout: Bool = true,
        consistency: Float = 0, windows: [Window]? = nil
    ) throws(NetworkError) -> LossReport {
        try run(
            batch, targets, reduction, generator: dropout ? generator.split(step) : nil, windows, wantsGradient: true,
            consistency: consistency)
    }

    /// The loss alone, without dropout.
    public func computeLoss(
        of batch: Batch, targets: [Target], reduction: Reduction
    ) throws(NetworkError) -> LossReport {
        try run(batch, targets, reduction, generator: nil, nil, wantsGradient: false)
    }

    private func run(
        _ batch: Batch, _ targets: [Target], _ reduction: Reduction, generator: SplitMix64?, _ windows: [Window]?,
        wantsGradient: Bool, consistency: Float = 0
    ) throws(NetworkError) -> LossReport {
        try check(batch, targets, windows)
        if consistency != 0 { try checkViews(batch) }
        var report = LossReport()
        report.frames = batch.frameCount
        var fits = [Bool](repeating: true, count: batch.count)
        for (index, target) in targets.enumerated() {
            if case .ctc(let labels) = target {
                let frames = outputFrames(index, batch, windows)
                fits[index] = frames > 0 && ConnectionistLoss.framesNeeded(labels) <= frames
            }
            if fits[index] { report.labels += target.labelCount }
        }
        let scales = targets.map { reduction.scale(labels: $0.labelCount, all: report.labels, sequences: batch.count) }
        distribute(batch, inPairs: consistency != 0)
        let call = TrainingShard.Call(
            batch: batch, targets: targets, windows: windows, scales: scales, generator: generator,
            wantsGradient: wantsGradient, consistency: consistency)
        runShards(call, starts: batch.starts)
        if let windows {
            for window in windows {
                window.state.inputFrames += window.chunk
                window.state.hasEnded = window.isEnd
            }
        }
        collect(&report, scales: scales)
        return report
    }

    /// The longest sequences first, each to the thread with the least to do.
    private func distribute(_ batch: Batch, inPairs: Bool) {
        for shard in shards { shard.removeAll() }
        let views = inPairs ? 2 : 1
        let order = stride(from: 0, to: batch.count, by: views)
            .sorted { (batch.lengths[$0], $1) > (batch.lengths[$1], $0) }
        for first in order {
            var lightest = shards[0]
            for shard in shards where shard.frames < lightest.frames { lightest = shard }
            for sequence in first..<first + views {
                lightest.append(sequence, frames: batch.lengths[sequence])
            }
        }
    }

    private func runShards(_ call: TrainingShard.Call, starts: [Int]) {
        parameters.withUnsafeBufferPointer { parameters in
            if let base = parameters.baseAddress { prepare(base) }
        }
        gradient.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let job = Job(call: call, starts: starts, shards: shards, gradient: base, count: buffer.count)
            if threads == 1 {
                job.run(0)
            } else {
                performConcurrently(iterations: threads, threads: threads) { job.run($0) }
            }
            guard call.wantsGradient else { return }
            for shard in shards.dropFirst() {
                prepared.kernels.table.pointee.add_scaled(1, shard.gradient.pointer, base, buffer.count)
            }
        }
    }

    private func prepare(_ parameters: UnsafePointer<Float>) {
        guard threads > 1 else { return prepared.prepare(parameters) }
        let source = SharedParameters(base: parameters)
        performConcurrently(iterations: prepared.parts.count, threads: threads) { [prepared] index in
            prepared.prepare(layer: index, source.base)
        }
    }

    private func collect(_ report: inout LossReport, scales: [Float]) {
        report.perSequence = [Float](repeating: 0, count: scales.count)
        for shard in shards {
            report.unfit += shard.unfit
            report.consistency += shard.consistency
            for (member, loss) in zip(shard.members, shard.losses) {
                if loss.isFinite {
                    report.perSequence[member] = Float(loss)
                } else {
                    report.nonFinite.append(member)
                }
            }
        }
        report.unfit.sort()
        report.nonFinite.sort()
        for (loss, scale) in zip(report.perSequence, scales) {
            report.sum += Double(loss)
            report.loss += Double(loss) * Double(scale)
        }
    }
}
