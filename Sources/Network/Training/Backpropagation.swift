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
/// A batch is divided among threads by sequences. For the same seed, step and number of threads the gradient is the
/// same to the last bit; another number of threads only adds up in another order.
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
    ///   - products: who does the large products; whoever is faster where nil.
    /// - Throws: `ArchitectureError`, `NetworkError`.
    public init(
        architecture: Architecture, parameters: [Float], threads: Int = 1, seed: UInt64 = 0,
        instructionSet: InstructionSet? = nil, products: LargeProducts? = nil
    ) throws {
        try architecture.validate()
        guard let last = architecture.layers.last, type(of: last.kind).endsHead else {
            throw NetworkError.lossNeedsLogSoftmax
        }
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
        let prepared = PreparedNetwork(
            architecture, layout, precision: .fp32, kernels: try Kernels(set, products: products), trains: true)
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
    ///   - heads: the losses at heads beside the last layer; they count by their weights, reduced like the others.
    ///   - others: the frames of the inputs beside the main one.
    ///   - step: seeds dropout together with the seed given at the begin.
    ///   - dropout: false computes the gradient of the network as it is used.
    ///   - consistency: weight of the consistency between two views of a sequence; then sequences 2i and 2i + 1 are views of
    ///     the same one, with the same number of frames. 0 treats each sequence by itself.
    ///   - windows: truncated backpropagation through time, for endless sequences: each sequence is the next piece of a stream
    ///     (usually with the whole piece as chunk); its state is carried from piece to piece, its gradient is not.
    /// - Throws: `NetworkError` before anything is computed.
    @discardableResult
    public func computeGradient(
        of batch: Batch, targets: [Target], reduction: Reduction, heads: [HeadLosses] = [], others: [Batch] = [],
        step: Int = 0, dropout: Bool = true, consistency: Float = 0, windows: [Window]? = nil
    ) throws(NetworkError) -> LossReport {
        try computeGradient(
            of: batch, losses: targets.map(\.loss), reduction: reduction, heads: heads, others: others, step: step,
            dropout: dropout, consistency: consistency, windows: windows)
    }

    /// The same with any losses in place of targets.
    @discardableResult
    public func computeGradient(
        of batch: Batch, losses: [any Loss], reduction: Reduction, heads: [HeadLosses] = [], others: [Batch] = [],
        step: Int = 0, dropout: Bool = true, consistency: Float = 0, windows: [Window]? = nil
    ) throws(NetworkError) -> LossReport {
        try run(
            batch, others, [HeadLosses(head: "", losses: losses, weight: 1)] + heads, reduction,
            generator: dropout ? generator.split(step) : nil, windows, wantsGradient: true, consistency: consistency)
    }

    /// The loss alone, without dropout.
    public func computeLoss(
        of batch: Batch, targets: [Target], reduction: Reduction, heads: [HeadLosses] = [], others: [Batch] = []
    ) throws(NetworkError) -> LossReport {
        try computeLoss(
            of: batch, losses: targets.map(\.loss), reduction: reduction, heads: heads, others: others)
    }

    /// The same with any losses in place of targets. With `windows` each sequence is the next piece of a stream, whose
    /// state moves on.
    public func computeLoss(
        of batch: Batch, losses: [any Loss], reduction: Reduction, heads: [HeadLosses] = [], others: [Batch] = [],
        windows: [Window]? = nil
    ) throws(NetworkError) -> LossReport {
        try run(
            batch, others, [HeadLosses(head: "", losses: losses, weight: 1)] + heads, reduction, generator: nil,
            windows,
            wantsGradient: false)
    }

    private func run(
        _ batch: Batch, _ others: [Batch], _ heads: [HeadLosses], _ reduction: Reduction,
        generator: SplitMix64?, _ windows: [Window]?, wantsGradient: Bool, consistency: Float = 0
    ) throws(NetworkError) -> LossReport {
        try check(batch, others, heads, windows, labels: prepared.labels)
        if consistency != 0 { try checkViews(batch) }
        let lengths = outputLengths(batch, others, windows)
        var report = LossReport()
        report.frames = batch.frameCount
        var losses: [TrainingShard.HeadCall] = []
        for head in heads {
            let layer = layer(of: head.head)
            let own = head.losses
            let fits = own.indices.map { own[$0].fits(lengths[layer][$0]) }
            let labels = own.indices.reduce(0) { $0 + (fits[$1] ? own[$1].labelCount : 0) }
            if losses.isEmpty { report.labels = labels }
            let scales = own.map {
                head.weight * reduction.scale(labels: $0.labelCount, all: labels, sequences: batch.count)
            }
            losses.append(.init(name: head.head, layer: layer, losses: own, fits: fits, scales: scales))
        }
        distribute(batch, inPairs: consistency != 0)
        let call = TrainingShard.Call(
            batch: batch, others: others, heads: losses, windows: windows, generator: generator,
            wantsGradient: wantsGradient, consistency: consistency)
        runShards(call, starts: [batch.starts] + others.map(\.starts))
        if let windows {
            for window in windows { window.state.advance(by: window) }
        }
        collect(&report, losses)
        return report
    }

    /// The number of a head's layer; the last where the name is empty.
    private func layer(of head: String) -> Int {
        architecture.heads.first { $0.name == head }?.layer ?? architecture.layers.count - 1
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

    private func runShards(_ call: TrainingShard.Call, starts: [[Int]]) {
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

    private func collect(_ report: inout LossReport, _ heads: [TrainingShard.HeadCall]) {
        for (number, head) in heads.enumerated() {
            var perSequence = [Float](repeating: 0, count: head.scales.count)
            for shard in shards {
                for (position, member) in shard.members.enumerated() {
                    let loss = shard.losses[number][position]
                    if loss.isFinite {
                        perSequence[member] = Float(loss)
                    } else if !report.nonFinite.contains(member) {
                        report.nonFinite.append(member)
                    }
                }
            }
            var sum = 0.0
            for (loss, scale) in zip(perSequence, head.scales) {
                sum += Double(loss)
                report.loss += Double(loss) * Double(scale)
            }
            if number == 0 {
                (report.perSequence, report.sum) = (perSequence, sum)
                report.unfit = head.fits.indices.filter { !head.fits[$0] }
            } else {
                report.heads[head.name] = sum
            }
        }
        for shard in shards { report.consistency += shard.consistency }
        report.nonFinite.sort()
    }
}
