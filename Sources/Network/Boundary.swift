import CDuctusKernels

/// The frames of a batch between two layers: where each sequence begins and ends.
///
/// Frames are counted from the begin of their stream; a whole sequence is a stream of one window, which is its end.
public final class Boundary {
    /// The number of sequences in the batch.
    public private(set) var sequences = 0
    /// Frames of all sequences together.
    public private(set) var frames = 0
    private let offsetMemory = Memory<Int32>()
    private let lengthMemory = Memory<Int32>()
    private let commitMemory = Memory<Int32>()
    private let firstMemory = Memory<Int>()
    private let endMemory = Memory<Bool>()
    private let closedMemory = Memory<Bool>()

    /// Row of each sequence's first frame.
    public var offsets: UnsafeMutablePointer<Int32> { offsetMemory.pointer }
    /// Frames of each sequence's window.
    public var lengths: UnsafeMutablePointer<Int32> { lengthMemory.pointer }
    /// The number of frames, from the left, that become final in this call.
    public var commits: UnsafeMutablePointer<Int32> { commitMemory.pointer }
    /// Number of the window's first frame within its stream.
    public var firsts: UnsafeMutablePointer<Int> { firstMemory.pointer }
    /// Whether the window's right edge is the true end.
    var ends: UnsafeMutablePointer<Bool> { endMemory.pointer }
    /// Whether the stream had ended before: an input beside others may end earlier than they.
    var closed: UnsafeMutablePointer<Bool> { closedMemory.pointer }

    /// Whether a sequence's right edge is the true end of its stream.
    public func isEnd(_ sequence: Int) -> Bool { ends[sequence] }

    /// The boundary in the kernels' form.
    var batch: ductus_batch {
        ductus_batch(sequences: Int32(sequences), offsets: offsets, lengths: lengths)
    }

    func removeAll(reserving count: Int) {
        _ = offsetMemory.reserve(count)
        _ = lengthMemory.reserve(count)
        _ = commitMemory.reserve(count)
        _ = firstMemory.reserve(count)
        _ = endMemory.reserve(count)
        _ = closedMemory.reserve(count)
        sequences = 0
        frames = 0
    }

    func append(first: Int, length: Int, commit: Int, isEnd: Bool, isClosed: Bool) {
        offsets[sequences] = Int32(frames)
        lengths[sequences] = Int32(length)
        commits[sequences] = Int32(commit)
        firsts[sequences] = first
        ends[sequences] = isEnd
        closed[sequences] = isClosed
        sequences += 1
        frames += length
    }

    /// Becomes an input's frames: whole sequences, or windows.
    func load(_ batch: Batch, input: Int, _ windows: [Window]?) {
        removeAll(reserving: batch.count)
        for index in 0..<batch.count {
            let part = windows?[index].part(input)
            let progress = windows?[index].state.progress(input)
            let isClosed = progress?.hasEnded ?? false
            append(
                first: progress?.frames ?? 0, length: batch.lengths[index], commit: part?.chunk ?? batch.lengths[index],
                isEnd: isClosed || part?.isEnd ?? true, isClosed: isClosed)
        }
    }

    /// Becomes what `layer` makes of its first source `input`, or of all it reads together.
    ///
    /// - Parameter others: the sources behind the first.
    func follow(_ input: Boundary, _ others: [OtherSources.Item], through layer: any LayerKind) {
        removeAll(reserving: input.sequences)
        let readsTogether = type(of: layer).readsSourcesTogether
        for index in 0..<input.sequences {
            var first = input.firsts[index]
            var edge = first + Int(input.lengths[index])
            var committed = first + Int(input.commits[index])
            var isEnd = input.ends[index]
            var isClosed = input.closed[index]
            if readsTogether {
                for other in others {
                    let boundary = other.boundary
                    let otherFirst = boundary.firsts[index]
                    first = min(first, otherFirst)
                    edge = min(edge, otherFirst + Int(boundary.lengths[index]))
                    committed = min(committed, otherFirst + Int(boundary.commits[index]))
                    isEnd = isEnd && boundary.ends[index]
                    isClosed = isClosed && boundary.closed[index]
                }
            }
            let outputFirst = isClosed ? layer.outputLength(for: first) : layer.committedLength(after: first)
            let outputEdge = isEnd ? layer.outputLength(for: edge) : layer.committedLength(after: edge)
            let outputCommit = isEnd ? outputEdge : layer.committedLength(after: committed)
            append(
                first: outputFirst, length: outputEdge - outputFirst, commit: outputCommit - outputFirst, isEnd: isEnd,
                isClosed: isClosed)
        }
    }
}
