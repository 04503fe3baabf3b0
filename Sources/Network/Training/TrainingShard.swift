import CDuctusKernels
import DuctusRandomness

/// One thread's share of a batch: its sequences, its scratch memory, its part of the gradient.
///
/// Unchecked, because a shard is handed to one thread at a time, and threads share only what nobody writes meanwhile.
final class TrainingShard: @unchecked Sendable {
    /// The input that all shards of a call share.
    struct Call {
        let batch: Batch
        /// The frames of inputs beside the main one.
        let others: [Batch]
        /// The last layer's losses, then those of other heads.
        let heads: [HeadCall]
        let windows: [Window]?
        /// Seeds the masks of dropout; nil for none.
        let generator: SplitMix64?
        let wantsGradient: Bool
        /// Weight of the consistency between sequences 2i and 2i + 1 at every head; 0 for none.
        let consistency: Float
    }

    /// The losses at one head, one for each sequence of the batch.
    struct HeadCall {
        let name: String
        let layer: Int
        let losses: [any Loss]
        /// Whether a sequence's labels fit its output frames.
        let fits: [Bool]
        /// The factor of each sequence's loss.
        let scales: [Float]
    }

    /// The numbers of its sequences within the batch.
    private(set) var members: [Int] = []
    private(set) var frames = 0
    /// The loss of each member, for each head; 0 if its labels do not fit.
    private(set) var losses: [[Double]] = []
    /// The divergence between its pairs of views at the last layer, in nats.
    private(set) var consistency = 0.0
    /// The shard's part of the gradient, unless it is the first shard.
    let gradient = Memory<Float>()
    private let network: PreparedNetwork
    private let workspace = Workspace()
    private let shared: ReturnScratch
    private let lossScratch = LossScratch()
    private let consistencyLoss = ConsistencyLoss()
    /// Derivatives on their way back.
    private var returns: [Memory<Float>] = []
    /// Memory of a derivative that is then added to an earlier one.
    private let addend: Memory<Float>
    private var ownBatch: Batch
    private var ownOthers: [Batch]
    private var ownWindows: [Window] = []

    init(_ network: PreparedNetwork) {
        self.network = network
        shared = ReturnScratch(lease: workspace.lease)
        addend = Memory(lease: workspace.lease)
        ownBatch = Batch(dimension: network.architecture.input)
        ownOthers = network.architecture.otherInputs.map { Batch(dimension: $0) }
    }

    func removeAll() {
        members.removeAll(keepingCapacity: true)
        frames = 0
    }

    func append(_ sequence: Int, frames count: Int) {
        members.append(sequence)
        frames += count
    }

    /// Computes its sequences' losses and adds their gradient to `gradient`.
    ///
    /// - Parameter starts: for each input and sequence the row of its first frame.
    func run(_ call: Call, starts: [[Int]], gradient: UnsafeMutablePointer<Float>) {
        losses = call.heads.map { _ in [Double](repeating: 0, count: members.count) }
        consistency = 0
        guard !members.isEmpty else { return }
        load(call, starts)
        let windows = call.windows == nil ? nil : ownWindows
        let inference = InferencePlan(network.wiring, heads: call.heads.map(\.layer))
        workspace.plan(
            network, slots: inference.slotCount, records: network.parts.count, ownBatch, others: ownOthers,
            windows: windows)
        ownBatch.frames.withUnsafeBufferPointer { frames in
            workspace.frames[0] = frames.baseAddress
            if call.wantsGradient {
                forward(call, inference, windows)
                backward(call, gradient)
            } else {
                network.infer(inference, windows: windows, workspace)
                for number in call.heads.indices { addLosses(call, number, gradient: nil, parameters: nil) }
            }
        }
    }

    private func load(_ call: Call, _ starts: [[Int]]) {
        ownWindows.removeAll(keepingCapacity: true)
        if let windows = call.windows { for member in members { ownWindows.append(windows[member]) } }
        load(call.batch, starts[0], into: &ownBatch)
        for index in ownOthers.indices { load(call.others[index], starts[index + 1], into: &ownOthers[index]) }
    }

    private func load(_ batch: Batch, _ starts: [Int], into own: inout Batch) {
        own.removeAll()
        batch.frames.withUnsafeBufferPointer { frames in
            for member in members {
                let start = starts[member] * batch.dimension
                let count = batch.lengths[member] * batch.dimension
                own.append(UnsafeBufferPointer(rebasing: frames[start..<start + count]))
            }
        }
    }

    private func forward(_ call: Call, _ plan: InferencePlan, _ windows: [Window]?) {
        for (index, part) in network.parts.enumerated() where plan.slots[index] != nil {
            workspace.lease.renew()
            let record = workspace.records[index]
            let output = workspace.boundaries[network.wiring.inputs + index]
            let count = output.frames * network.width(of: index)
            let y = record.output.reserve(count)
            let mask = mask(call, index, output, record).map { UnsafePointer($0) }
            part.forward(
                workspace.call(
                    network, index, y: y, record: record, windows: windows, keepsActivations: true, mask: mask))
            if let mask, !network.masksItself[index] { network.kernels.table.pointee.multiply(y, mask, y, count) }
            workspace.frames[network.wiring.inputs + index] = UnsafePointer(y)
        }
    }

    /// The factors of dropout: 0, or what keeps the mean. Each sequence draws its own, whatever the threads.
    private func mask(
        _ call: Call, _ index: Int, _ output: Boundary, _ record: LayerRecord
    ) -> UnsafeMutablePointer<Float>? {
        let dropout = network.architecture.layers[index].dropout
        guard dropout > 0, let generator = call.generator else { return nil }
        let width = network.width(of: index)
        let mask = record.mask.reserve(output.frames * width)
        for (position, member) in members.enumerated() {
            var draws = generator.split(member).split(index)
            DropoutMask.fill(
                mask + Int(output.offsets[position]) * width, count: Int(output.lengths[position]) * width,
                dropout: dropout, &draws)
        }
        return mask
    }

    /// The losses at one head. `gradient` receives their derivative by the scores before its last layer.
    private func addLosses(
        _ call: Call, _ number: Int, gradient: UnsafeMutablePointer<Float>?, parameters: UnsafeMutablePointer<Float>?
    ) {
        let head = call.heads[number]
        let boundary = network.wiring.inputs + head.layer
        let output = workspace.boundaries[boundary]
        guard let logPosteriors = workspace.frames[boundary] else { return }
        let classes = network.width(of: head.layer)
        let structured = network.parts[head.layer] as? any PreparedHead
        for (position, member) in members.enumerated() {
            let start = Int(output.offsets[position]) * classes
            let frames = Int(output.lengths[position])
            let scores = gradient.map { $0 + start }
            guard head.fits[member] else {
                scores?.update(repeating: 0, count: frames * classes)
                continue
            }
            workspace.lease.renew()
            let lossCall = LossCall(
                logPosteriors: logPosteriors + start, frames: frames, classes: classes, gradient: scores,
                scale: head.scales[member], kernels: network.kernels, scratch: lossScratch)
            var loss: Double
            if let structured, let labels = (head.losses[member] as? FrameTarget)?.labels {
                let source = network.wiring.sources[head.layer][0]
                loss = structured.loss(
                    lossCall, labels: labels, sequence: position,
                    scores: (workspace.frames[source] ?? logPosteriors) + start,
                    parameters: parameters)
            } else {
                loss = head.losses[member].evaluate(lossCall)
            }
            if !loss.isFinite { scores?.update(repeating: 0, count: frames * classes) }
            losses[number][position] = loss
        }
        if call.consistency != 0 { addConsistency(call, number, logPosteriors, gradient) }
    }

    /// Members lie in pairs of views. A pair whose loss does not count adds nothing.
    private func addConsistency(
        _ call: Call, _ number: Int, _ logPosteriors: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>?
    ) {
        let head = call.heads[number]
        let classes = network.width(of: head.layer)
        let output = workspace.boundaries[network.wiring.inputs + head.layer]
        for position in Swift.stride(from: 0, to: members.count - 1, by: 2) {
            let isCounted = (position...position + 1).allSatisfy {
                losses[number][$0].isFinite && head.fits[members[$0]]
            }
            guard isCounted else { continue }
            let starts = (Int(output.offsets[position]) * classes, Int(output.offsets[position + 1]) * classes)
            let divergence = consistencyLoss.loss(
                logPosteriors + starts.0, logPosteriors + starts.1, count: Int(output.lengths[position]) * classes,
                gradients: gradient.map { ($0 + starts.0, $0 + starts.1) },
                scale: call.consistency * head.scales[members[position]], kernels: network.kernels)
            if number == 0 { consistency += divergence }
        }
    }

    private func backward(_ call: Call, _ gradient: UnsafeMutablePointer<Float>) {
        let wiring = network.wiring
        let plan = ReturnPlan(
            wiring, heads: call.heads.map(\.layer),
            endsHead: network.architecture.layers.map { type(of: $0.kind).endsHead })
        while returns.count < plan.slotCount { returns.append(Memory(lease: workspace.lease)) }
        var isThere = [Bool](repeating: false, count: network.parts.count)
        for index in network.parts.indices.reversed() {
            workspace.lease.renew()
            if let number = call.heads.firstIndex(where: { $0.layer == index }),
                type(of: network.architecture.layers[index].kind).endsHead
            {
                let source = wiring.sources[index][0]
                guard source >= wiring.inputs else {
                    let count = workspace.boundaries[source].frames * wiring.widths[source]
                    addLosses(
                        call, number, gradient: addend.reserve(count),
                        parameters: gradient + network.layout.layers[index].lowerBound)
                    continue
                }
                give(source, plan, &isThere) { scores in
                    addLosses(
                        call, number, gradient: scores, parameters: gradient + network.layout.layers[index].lowerBound)
                }
                continue
            }
            guard let slot = plan.slots[index], isThere[index] else { continue }
            returnThrough(index, dy: returns[slot].pointer, plan, &isThere, call, gradient)
        }
    }

    /// Makes room for the derivative by a boundary, and adds to what is there.
    private func give(
        _ boundary: Int, _ plan: ReturnPlan, _ isThere: inout [Bool], _ fill: (UnsafeMutablePointer<Float>) -> Void
    ) {
        let layer = boundary - network.wiring.inputs
        guard let slot = plan.slots[layer] else { return }
        let count = workspace.boundaries[boundary].frames * network.wiring.widths[boundary]
        if isThere[layer] {
            let more = addend.reserve(count)
            fill(more)
            network.kernels.table.pointee.add_scaled(1, more, returns[slot].pointer, count)
        } else {
            fill(returns[slot].reserve(count))
            isThere[layer] = true
        }
    }

    private func returnThrough(
        _ index: Int, dy: UnsafeMutablePointer<Float>, _ plan: ReturnPlan, _ isThere: inout [Bool], _ call: Call,
        _ gradient: UnsafeMutablePointer<Float>
    ) {
        let wiring = network.wiring
        let record = workspace.records[index]
        let output = workspace.boundaries[wiring.inputs + index]
        let hasMask = call.generator != nil && network.architecture.layers[index].dropout > 0
        let mask = hasMask ? record.mask.constant : nil
        if let mask, !network.masksItself[index] {
            network.kernels.table.pointee.multiply(dy, mask, dy, output.frames * network.width(of: index))
        }
        let sources = wiring.sources[index]
        // The place for each source's derivative: its own memory, or another where its own holds an earlier derivative
        // already.
        var targets: [UnsafeMutablePointer<Float>?] = []
        var added = 0
        for (number, source) in sources.enumerated() {
            guard source >= wiring.inputs, let slot = plan.slots[source - wiring.inputs] else {
                targets.append(nil)
                continue
            }
            let count = workspace.boundaries[source].frames * wiring.widths[source]
            if isThere[source - wiring.inputs] || sources[..<number].contains(source) {
                targets.append(beside(added).reserve(count))
                added += 1
            } else {
                targets.append(returns[slot].reserve(count))
            }
        }
        let x = workspace.frames[sources[0]] ?? UnsafePointer(dy)
        network.parts[index].backward(
            LayerReturn(
                kernels: network.kernels, input: workspace.boundaries[sources[0]], output: output, x: x,
                y: record.output.constant, dy: dy, dx: targets[0],
                gradient: gradient + network.layout.layers[index].lowerBound, record: record, shared: shared,
                mask: mask,
                hasStates: call.windows != nil, others: workspace.sources(network, index) { targets[$0] }))
        for (number, source) in sources.enumerated() {
            guard let target = targets[number], let slot = plan.slots[source - wiring.inputs] else { continue }
            let own = returns[slot].pointer
            if target != own {
                let count = workspace.boundaries[source].frames * wiring.widths[source]
                network.kernels.table.pointee.add_scaled(1, target, own, count)
            }
            isThere[source - wiring.inputs] = true
        }
    }

    private var besides: [Memory<Float>] = []

    private func beside(_ number: Int) -> Memory<Float> {
        while besides.count <= number { besides.append(Memory(lease: workspace.lease)) }
        return besides[number]
    }
}
