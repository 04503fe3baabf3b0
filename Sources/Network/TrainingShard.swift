import CDuctusKernels
import DuctusRandomness

/// One thread's share of a batch: its sequences, its scratch memory, its part of the gradient.
///
/// Unchecked, because a shard is handed to one thread at a time, and threads share only what nobody writes meanwhile.
final class TrainingShard: @unchecked Sendable {
    /// What all shards of a call have in common.
    struct Call {
        let batch: Batch
        let targets: [Target]
        let windows: [Window]?
        /// For each sequence the factor of its loss.
        let scales: [Float]
        /// Seeds the masks of dropout; nil for none.
        let generator: SplitMix64?
        let wantsGradient: Bool
        /// Weight of the consistency between sequences 2i and 2i + 1; 0 for none.
        let consistency: Float
    }

    /// Its sequences' numbers within the batch.
    private(set) var members: [Int] = []
    private(set) var frames = 0
    /// For each member its loss; not a number where its labels do not fit.
    private(set) var losses: [Double] = []
    private(set) var unfit: [Int] = []
    /// The divergence between its pairs of views, in nats.
    private(set) var consistency = 0.0
    /// Its part of the gradient, where it is not the first.
    let gradient = Memory<Float>()
    private let network: PreparedNetwork
    private let workspace = Workspace()
    private let shared = ReturnScratch()
    private let returns = (Memory<Float>(), Memory<Float>())
    private let connectionist = ConnectionistLoss()
    private let consistencyLoss = ConsistencyLoss()
    private var ownBatch: Batch
    private var ownWindows: [Window] = []

    init(_ network: PreparedNetwork) {
        self.network = network
        ownBatch = Batch(dimension: network.architecture.input)
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
    func run(_ call: Call, starts: [Int], gradient: UnsafeMutablePointer<Float>) {
        losses.removeAll(keepingCapacity: true)
        unfit.removeAll(keepingCapacity: true)
        consistency = 0
        guard !members.isEmpty else { return }
        load(call, starts)
        let windows = call.windows == nil ? nil : ownWindows
        workspace.prepare(layers: network.parts.count, keepsActivations: true)
        workspace.plan(ownBatch, windows: windows, layers: network.architecture.layers)
        ownBatch.frames.withUnsafeBufferPointer { frames in
            let x = frames.baseAddress ?? UnsafePointer(returns.0.pointer)
            if call.wantsGradient {
                forward(call, x, windows)
                let last = workspace.records[network.parts.count - 1].output.pointer
                let scores = returns.0.reserve(workspace.boundaries[network.parts.count].frames * network.widths.last!)
                addLosses(call, logPosteriors: last, gradient: scores)
                backward(call, x, gradient)
            } else {
                addLosses(call, logPosteriors: network.infer(x, windows: windows, workspace), gradient: nil)
            }
        }
    }

    private func load(_ call: Call, _ starts: [Int]) {
        ownBatch.removeAll()
        ownWindows.removeAll(keepingCapacity: true)
        let dimension = call.batch.dimension
        call.batch.frames.withUnsafeBufferPointer { frames in
            for member in members {
                let start = starts[member] * dimension
                let count = call.batch.lengths[member] * dimension
                ownBatch.append(UnsafeBufferPointer(rebasing: frames[start..<start + count]))
                if let windows = call.windows { ownWindows.append(windows[member]) }
            }
        }
    }

    private func forward(_ call: Call, _ frames: UnsafePointer<Float>, _ windows: [Window]?) {
        var x = frames
        for (index, part) in network.parts.enumerated() {
            let record = workspace.records[index]
            let output = workspace.boundaries[index + 1]
            let count = output.frames * network.widths[index + 1]
            let layerCall = LayerCall(
                kernels: network.kernels, index: index, input: workspace.boundaries[index], output: output, x: x,
                y: record.output.reserve(count), record: record, scratch: workspace.kernelScratch, windows: windows,
                keepsActivations: true, mask: mask(call, index, output, record).map { UnsafePointer($0) })
            part.forward(layerCall)
            x = UnsafePointer(layerCall.y)
        }
    }

    /// The factors of dropout: 0, or what keeps the mean. Each sequence draws its own, whatever the threads.
    private func mask(
        _ call: Call, _ index: Int, _ output: Boundary, _ record: LayerRecord
    ) -> UnsafeMutablePointer<Float>? {
        let dropout = network.architecture.layers[index].dropout
        guard dropout > 0, let generator = call.generator else { return nil }
        let width = network.widths[index + 1]
        let mask = record.mask.reserve(output.frames * width)
        for (position, member) in members.enumerated() {
            var draws = generator.split(member).split(index)
            DropoutMask.fill(
                mask + Int(output.offsets[position]) * width, count: Int(output.lengths[position]) * width,
                dropout: dropout, &draws)
        }
        return mask
    }

    private func addLosses(
        _ call: Call, logPosteriors: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?
    ) {
        let classes = network.widths[network.parts.count]
        let output = workspace.boundaries[network.parts.count]
        for (position, member) in members.enumerated() {
            let start = Int(output.offsets[position]) * classes
            let frames = Int(output.lengths[position])
            let scores = gradient.map { $0 + start }
            var loss: Double
            switch call.targets[member] {
            case .ctc(let labels):
                if frames == 0 || ConnectionistLoss.framesNeeded(labels) > frames {
                    unfit.append(member)
                    loss = 0
                    scores?.update(repeating: 0, count: frames * classes)
                } else {
                    loss = connectionist.loss(
                        logPosteriors + start, frames: frames, classes: classes, labels: labels, gradient: scores,
                        scale: call.scales[member], kernels: network.kernels)
                }
            case .frames(let labels):
                loss = FrameLoss.loss(
                    logPosteriors + start, classes: classes, labels: labels, gradient: scores,
                    scale: call.scales[member], kernels: network.kernels)
            }
            if !loss.isFinite { scores?.update(repeating: 0, count: frames * classes) }
            losses.append(loss)
        }
        if call.consistency != 0 { addConsistency(call, logPosteriors, gradient) }
    }

    /// Members lie in pairs of views. A pair whose loss does not count adds nothing.
    private func addConsistency(
        _ call: Call, _ logPosteriors: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>?
    ) {
        let classes = network.widths[network.parts.count]
        let output = workspace.boundaries[network.parts.count]
        for position in Swift.stride(from: 0, to: members.count - 1, by: 2) {
            let isCounted = (position...position + 1).allSatisfy { losses[$0].isFinite && !unfit.contains(members[$0]) }
            guard isCounted else { continue }
            let starts = (Int(output.offsets[position]) * classes, Int(output.offsets[position + 1]) * classes)
            consistency += consistencyLoss.loss(
                logPosteriors + starts.0, logPosteriors + starts.1, count: Int(output.lengths[position]) * classes,
                gradients: gradient.map { ($0 + starts.0, $0 + starts.1) },
                scale: call.consistency * call.scales[members[position]], kernels: network.kernels)
        }
    }

    private func backward(_ call: Call, _ frames: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>) {
        var dy = returns.0.pointer
        // The loss' derivative is one by the scores before the last layer, logSoftmax.
        for index in Swift.stride(from: network.parts.count - 2, through: 0, by: -1) {
            let input = workspace.boundaries[index]
            let memory = dy == returns.0.pointer ? returns.1 : returns.0
            let record = workspace.records[index]
            let hasMask = call.generator != nil && network.architecture.layers[index].dropout > 0
            let layerReturn = LayerReturn(
                kernels: network.kernels, input: input, output: workspace.boundaries[index + 1],
                x: index == 0 ? frames : UnsafePointer(workspace.records[index - 1].output.pointer), dy: dy,
                dx: index == 0 ? nil : memory.reserve(input.frames * network.widths[index]),
                gradient: gradient + network.layout.layers[index].lowerBound, record: record, shared: shared,
                mask: hasMask ? UnsafePointer(record.mask.pointer) : nil,
                hasStates: call.windows != nil)
            network.parts[index].backward(layerReturn)
            if let dx = layerReturn.dx { dy = dx }
        }
    }
}
