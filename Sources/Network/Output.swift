/// The output of a network for a batch: the natural logarithm of each label's probability, for each output frame.
///
/// It is a view into the workspace that made it, **valid until the workspace's next use**; the pointers are valid as
/// long as this value, or the workspace, is alive.
public struct Output {
    /// Numbers per output frame.
    public let dimension: Int
    /// All output frames, row-major, sequence after sequence.
    public let values: UnsafeBufferPointer<Float>
    let spans: UnsafeBufferPointer<OutputSpan>
    /// Keeps the memory alive that `values` shows.
    let owner: Workspace

    /// The number of sequences.
    public var count: Int { spans.count }

    /// The output of sequence `index` of the batch.
    public subscript(index: Int) -> OutputSequence {
        let span = spans[index]
        let start = span.offset * dimension
        return OutputSequence(
            first: span.first, frames: span.frames, final: span.final,
            values: UnsafeBufferPointer(rebasing: values[start..<start + span.frames * dimension]), owner: owner)
    }
}

/// The output of a network for one sequence, or for one window of a stream.
public struct OutputSequence {
    /// The number of its first frame, counted from the stream's begin; 0 for a whole sequence.
    public let first: Int
    /// The number of output frames.
    public let frames: Int
    /// The number of these frames, from the left, that are final. The rest is provisional and comes again in the next
    /// window.
    public let final: Int
    /// `frames × dimension` numbers, row-major.
    public let values: UnsafeBufferPointer<Float>
    let owner: Workspace
}

/// The range of a sequence's output, in frames.
struct OutputSpan {
    var offset: Int
    var first: Int
    var frames: Int
    var final: Int
}
