/// Sequences of frames of different lengths, one after another without padding.
///
/// For example:
///
///     var batch = Batch(dimension: 9)
///     batch.append(line)          // frames × 9 numbers, row-major
///     let output = try network.forward(batch, workspace: workspace)
///
/// `removeAll()` keeps the memory, so that a batch can be refilled without allocating.
public struct Batch: Sendable {
    /// Numbers per frame.
    public let dimension: Int
    /// Frames of each sequence.
    public private(set) var lengths: [Int] = []
    /// All frames, row-major, sequence after sequence.
    public private(set) var frames: [Float] = []

    /// An empty batch of frames with `dimension` numbers each.
    public init(dimension: Int) {
        precondition(dimension > 0, "a frame has at least one number")
        self.dimension = dimension
    }

    /// The number of sequences.
    public var count: Int { lengths.count }

    /// Frames of all sequences together.
    public var frameCount: Int { frames.count / dimension }

    /// Adds a sequence: `frames × dimension` numbers, row-major.
    public mutating func append(_ sequence: [Float]) {
        sequence.withUnsafeBufferPointer { append($0) }
    }

    /// Adds a sequence: `frames × dimension` numbers, row-major.
    public mutating func append(_ sequence: UnsafeBufferPointer<Float>) {
        precondition(sequence.count % dimension == 0, "a sequence consists of whole frames")
        frames.append(contentsOf: sequence)
        lengths.append(sequence.count / dimension)
    }

    /// Empties the batch and keeps its memory.
    public mutating func removeAll() {
        lengths.removeAll(keepingCapacity: true)
        frames.removeAll(keepingCapacity: true)
    }
}
