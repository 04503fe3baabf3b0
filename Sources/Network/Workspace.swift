/// The scratch memory of a network's calls. It grows to the largest batch it ever saw and is used again, so that a
/// warm one allocates nothing. One thread uses it at a time; it may serve several networks in turn.
public final class Workspace {
    /// Between layers: the first are the network's inputs, then each layer's output.
    private(set) var boundaries: [Boundary] = []
    /// The frames of each boundary in the present call.
    var frames: [UnsafePointer<Float>?] = []
    /// The records that the layers of a training pass leave for the backward pass. Inference uses only the first.
    private(set) var records: [LayerRecord] = []
    /// Frames on their way through the layers of an inference.
    private(set) var activations: [Memory<Float>] = []
    /// Scratch of the kernels.
    let kernelScratch: Memory<UInt8>
    /// Counts the calls of layers: what one of them was given does not move while it runs.
    let lease = Lease()
    private let otherSources = OtherSources()
    /// The frames of inputs beside the main one.
    private var otherFrames: [Memory<Float>] = []
    private var spans: [Memory<OutputSpan>] = []

    /// A workspace without memory yet; it grows at the first calls.
    public init() {
        kernelScratch = Memory(lease: lease)
    }

    /// Bytes it holds.
    public var byteCount: Int {
        activations.reduce(kernelScratch.byteCount) { $0 + $1.byteCount }
            + records.reduce(0) { $0 + $1.byteCount }
    }

    /// Makes room for a network, and sets up the boundaries of a call over whole sequences, or over windows.
    ///
    /// - Parameter others: of the inputs beside the main one, whose frames are copied.
    func plan(
        _ network: PreparedNetwork, slots: Int, records recordCount: Int, _ batch: Batch, others: [Batch],
        windows: [Window]?
    ) {
        let wiring = network.wiring
        while boundaries.count < wiring.widths.count { boundaries.append(Boundary()) }
        while frames.count < wiring.widths.count { frames.append(nil) }
        while activations.count < max(slots, 1) { activations.append(Memory(lease: lease)) }
        while records.count < recordCount { records.append(LayerRecord(lease: lease)) }
        while otherFrames.count < others.count { otherFrames.append(Memory()) }
        boundaries[0].load(batch, input: 0, windows)
        for (index, other) in others.enumerated() {
            boundaries[index + 1].load(other, input: index + 1, windows)
            let memory = otherFrames[index].reserve(other.frames.count)
            other.frames.withUnsafeBufferPointer { source in
                if let base = source.baseAddress { memory.update(from: base, count: source.count) }
            }
            frames[index + 1] = UnsafePointer(memory)
        }
        for index in network.kinds.indices {
            let sources = wiring.sources[index]
            loadSources(sources, derivatives: nil)
            boundaries[wiring.inputs + index].follow(
                boundaries[sources[0]], otherSources.items, through: network.kinds[index])
        }
    }

    /// - Parameter derivatives: for each source behind the first where its derivative goes.
    private func loadSources(_ sources: [Int], derivatives: ((Int) -> UnsafeMutablePointer<Float>?)?) {
        otherSources.items.removeAll(keepingCapacity: true)
        guard sources.count > 1 else { return }
        for number in 1..<sources.count {
            let source = sources[number]
            otherSources.items.append(
                .init(
                    boundary: boundaries[source], x: frames[source] ?? UnsafePointer(empty.pointer),
                    dx: derivatives?(number)))
        }
    }

    private let empty = Memory<Float>()

    /// A layer's call, with the frames of what it reads.
    func call(
        _ network: PreparedNetwork, _ index: Int, y: UnsafeMutablePointer<Float>, record: LayerRecord,
        windows: [Window]?,
        keepsActivations: Bool, mask: UnsafePointer<Float>?
    ) -> LayerCall {
        let sources = network.wiring.sources[index]
        loadSources(sources, derivatives: nil)
        return LayerCall(
            kernels: network.kernels, index: index, input: boundaries[sources[0]],
            output: boundaries[network.wiring.inputs + index],
            x: frames[sources[0]] ?? UnsafePointer(empty.pointer), y: y, record: record, scratch: kernelScratch,
            windows: windows, keepsActivations: keepsActivations, mask: mask, others: otherSources)
    }

    /// The sources of a layer on the way back.
    func sources(
        _ network: PreparedNetwork, _ index: Int, derivatives: (Int) -> UnsafeMutablePointer<Float>?
    ) -> OtherSources {
        withoutActuallyEscaping(derivatives) { loadSources(network.wiring.sources[index], derivatives: $0) }
        return otherSources
    }

    /// The output of a layer, sequence by sequence.
    ///
    /// - Parameter number: the index of the output among those of one call.
    func output(of layer: Int, _ network: PreparedNetwork, number: Int = 0) -> Output {
        let index = network.wiring.inputs + layer
        let boundary = boundaries[index]
        while self.spans.count <= number { self.spans.append(Memory()) }
        let spans = self.spans[number].reserve(boundary.sequences)
        for sequence in 0..<boundary.sequences {
            spans[sequence] = OutputSpan(
                offset: Int(boundary.offsets[sequence]), first: boundary.firsts[sequence],
                frames: Int(boundary.lengths[sequence]), final: Int(boundary.commits[sequence]))
        }
        let dimension = network.width(of: layer)
        return Output(
            dimension: dimension,
            values: UnsafeBufferPointer(start: frames[index], count: boundary.frames * dimension),
            spans: UnsafeBufferPointer(start: spans, count: boundary.sequences), owner: self)
    }
}
