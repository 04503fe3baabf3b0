/// The scratch memory of a network's calls. It grows to the largest batch it ever saw and is used again, so that a
/// warm one allocates nothing. One thread uses it at a time; it may serve several networks in turn.
public final class Workspace {
    /// Between layers: the first is the network's input, the last its output.
    private(set) var boundaries: [Boundary] = []
    /// What the layers of a training pass leave for the way back; inference has use for the first alone.
    private(set) var records: [LayerRecord] = []
    /// Frames on their way through the layers of an inference.
    let activations = (Memory<Float>(), Memory<Float>())
    /// Scratch of the kernels.
    let kernelScratch = Memory<UInt8>()
    /// For each sequence whether its right edge is the true end.
    let ends = Memory<Bool>()
    let spans = Memory<OutputSpan>()

    public init() {}

    /// Bytes it holds.
    public var byteCount: Int {
        activations.0.byteCount + activations.1.byteCount + kernelScratch.byteCount
            + records.reduce(0) { $0 + $1.byteCount }
    }

    func prepare(layers: Int, keepsActivations: Bool) {
        while boundaries.count <= layers { boundaries.append(Boundary()) }
        while records.count < (keepsActivations ? layers : 1) { records.append(LayerRecord()) }
    }

    /// Sets up the boundaries of a call over whole sequences, or over windows.
    func plan(_ batch: Batch, windows: [Window]?, layers: [Layer]) {
        let count = batch.count
        let ends = ends.reserve(count)
        boundaries[0].removeAll(reserving: count)
        for index in 0..<count {
            let window = windows?[index]
            ends[index] = window?.isEnd ?? true
            boundaries[0].append(
                first: window?.state.inputFrames ?? 0, length: batch.lengths[index],
                commit: window?.chunk ?? batch.lengths[index])
        }
        for (index, layer) in layers.enumerated() {
            boundaries[index + 1].follow(boundaries[index], through: layer, ends: ends)
        }
    }
}

/// What one layer needs of memory in a call; in training it is kept for the way back.
final class LayerRecord {
    /// A convolution's input with its left context and padding, each sequence for itself.
    let padded = Memory<Float>()
    /// Where each sequence's padded input begins.
    let paddedOffsets = Memory<Int>()
    /// A convolution's sums before the activation.
    let sums = Memory<Float>()
    /// A recurrent layer's gates, both directions side by side.
    let gates = Memory<Float>()
    /// What the kernels keep for the way back, a part for each direction.
    let cells = Memory<Float>()
    /// A recurrent layer's h before dropout and residual.
    let hidden = Memory<Float>()
    /// Initial and final h and c of the forward direction.
    let states = Memory<Float>()
    /// Factors of dropout.
    let mask = Memory<Float>()
    /// The layer's output in training.
    let output = Memory<Float>()

    var byteCount: Int {
        [padded, sums, gates, cells, hidden, states, mask, output].reduce(0) { $0 + $1.byteCount }
    }
}
