import DuctusFoundations
import DuctusRandomness

/// Computes the gradient of a batch's loss with respect to the parameters of a network.
///
/// For example, a training step:
///
///     let report = try backpropagation.computeGradient(of: batch, targets: targets, reduction: .perLabel, step: step)
///     GradientNorms.clip(&backpropagation.gradient, toNorm: 3)
///     optimizer.update(
///         &backpropagation.parameters, gradient: backpropagation.gradient, learningRate: schedule.rate(at: step), mask: nil)
///
/// The sequences of a batch are divided into shards, one for each thread of each rank. The gradient is deterministic: the same
/// seed, step and number of shards give the same bits on any number of ranks, if each rank has 1, 2, 4 … shards. Other
/// numbers are summed in another order.
public final class Backpropagation {
    public let architecture: Architecture
    /// The offset and shape of each tensor in `parameters` and `gradient`.
    public let layout: ParameterLayout
    /// The instruction set whose kernels are used.
    public let instructionSet: InstructionSet
    /// Threads that a batch is divided among.
    public let threads: Int
    /// Whether all ranks compute a batch's gradient together. Otherwise each computes that of its own part.
    public let isJoined: Bool
    private let collective: any Collective
    /// The weights that are trained; changes count from the next call on.
    public var parameters: [Float]
    /// The derivative of the last batch's loss with respect to each parameter.
    public var gradient: [Float]
    private let prepared: PreparedNetwork
    /// This rank's shards.
    private let shards: [TrainingShard]
    /// Whether each sequence of the batch belongs to this rank.
    private var isOwn: [Bool] = []
    private let generator: SplitMix64

    /// - Parameters:
    ///   - parameters: in the order of `ParameterLayout(architecture)`.
    ///   - threads: the number of threads that share a batch, or this rank's part of it.
    ///   - shards: the number of parts that this rank's part of a batch is divided into; nil: one for each thread.
    ///   - collective: the ranks that compute a batch's gradient together; each is given the whole batch.
    ///   - isJoined: whether they compute it together; otherwise each computes that of its own part.
    ///   - seed: the seed of the masks of dropout.
    ///   - instructionSet: the instruction set of the kernels; nil: `InstructionSet.selected()`.
    ///   - products: the way to multiply large matrices; nil: the faster one.
    /// - Throws: `ArchitectureError`, `NetworkError`.
    public init(
        architecture: Architecture, parameters: [Float], threads: Int = 1, shards: Int? = nil, seed: UInt64 = 0,
        instructionSet: InstructionSet? = nil, products: LargeProducts? = nil, collective: any Collective = Alone(),
        isJoined: Bool = true
    ) throws {
        self.collective = collective
        self.isJoined = isJoined
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
        self.shards = (0..<max(1, shards ?? self.threads)).map { _ in TrainingShard(prepared) }
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
    ///   - step: seeds dropout, together with the seed given to the initializer.
    ///   - dropout: false computes the gradient without dropout, as the network is used.
    ///   - consistency: weight of the consistency between two views of a sequence; then sequences 2i and 2i + 1 are views of
    ///     the same one, with the same number of frames. 0 treats each sequence by itself.
    ///   - windows: truncated backpropagation through time, for endless sequences. Each sequence is the next piece of a stream,
    ///     usually with the whole piece as chunk. The state is carried from piece to piece, the gradient is not.
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
        distribute(batch, inPairs: consistency != 0)
        var report = LossReport()
        report.frames = batch.frameCount
        var losses: [TrainingShard.HeadCall] = []
        for head in heads {
            let layer = layer(of: head.head)
            let own = head.losses
            let fits = own.indices.map { (isJoined || isOwn[$0]) && own[$0].fits(lengths[layer][$0]) }
            let labels = own.indices.reduce(0) { $0 + (fits[$1] ? own[$1].labelCount : 0) }
            if losses.isEmpty { report.labels = labels }
            let scales = own.map {
                head.weight * reduction.scale(labels: $0.labelCount, all: labels, sequences: batch.count)
            }
            losses.append(.init(name: head.head, layer: layer, losses: own, fits: fits, scales: scales))
        }
        let call = TrainingShard.Call(
            batch: batch, others: others, heads: losses, windows: windows, generator: generator,
            wantsGradient: wantsGradient, consistency: consistency)
        runShards(call, starts: [batch.starts] + others.map(\.starts))
        try joinGradients(wantsGradient)
        if let windows {
            for window in windows { window.state.advance(by: window) }
        }
        try collect(&report, losses)
        return report
    }

    /// The number of a head's layer; the last where the name is empty.
    private func layer(of head: String) -> Int {
        architecture.heads.first { $0.name == head }?.layer ?? architecture.layers.count - 1
    }

    /// Gives each sequence, the longest first, to the shard of all ranks with the least to do.
    private func distribute(_ batch: Batch, inPairs: Bool) {
        for shard in shards { shard.removeAll() }
        isOwn = [Bool](repeating: false, count: batch.count)
        var frames = [Int](repeating: 0, count: shards.count * collective.count)
        let first = shards.count * collective.rank
        let views = inPairs ? 2 : 1
        let order = stride(from: 0, to: batch.count, by: views)
            .sorted { (batch.lengths[$0], $1) > (batch.lengths[$1], $0) }
        for sequence in order {
            var lightest = 0
            for shard in frames.indices where frames[shard] < frames[lightest] { lightest = shard }
            for sequence in sequence..<sequence + views {
                frames[lightest] += batch.lengths[sequence]
                guard (first..<first + shards.count).contains(lightest) else { continue }
                isOwn[sequence] = true
                shards[lightest - first].append(sequence, frames: batch.lengths[sequence])
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
                for index in shards.indices { job.run(index) }
            } else {
                performConcurrently(iterations: shards.count, threads: threads) { job.run($0) }
            }
            guard call.wantsGradient else { return }
            for (into, from) in PairwiseOrder.additions(shards.count) {
                let sum = into == 0 ? base : shards[into].gradient.pointer
                prepared.kernels.table.pointee.add_scaled(1, shards[from].gradient.pointer, sum, buffer.count)
            }
        }
    }

    private func joinGradients(_ wantsGradient: Bool) throws(NetworkError) {
        guard isJoined, wantsGradient, collective.count > 1 else { return }
        do { try collective.sum(&gradient) } catch { throw .ranks(reason: "\(error)") }
    }

    private func prepare(_ parameters: UnsafePointer<Float>) {
        guard threads > 1 else { return prepared.prepare(parameters) }
        let source = SharedParameters(base: parameters)
        performConcurrently(iterations: prepared.parts.count, threads: threads) { [prepared] index in
            prepared.prepare(layer: index, source.base)
        }
    }

    /// The reports of every shard of every rank on its sequences, in the order of the shards.
    private func reports(_ heads: [TrainingShard.HeadCall]) throws(NetworkError) -> [ShardReport] {
        let own = shards.map { ShardReport(members: $0.members, losses: $0.losses, consistency: $0.consistency) }
        guard isJoined, collective.count > 1 else { return own }
        do {
            return try collective.gather(ShardReport.encoded(own)).flatMap { try ShardReport.decoded($0) }
        } catch {
            throw .ranks(reason: "\(error)")
        }
    }

    private func collect(_ report: inout LossReport, _ heads: [TrainingShard.HeadCall]) throws(NetworkError) {
        let shards = try reports(heads)
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
                report.unfit = head.fits.indices.filter { !head.fits[$0] && (isJoined || isOwn[$0]) }
            } else {
                report.heads[head.name] = sum
            }
        }
        for shard in shards { report.consistency += shard.consistency }
        report.nonFinite.sort()
    }
}
