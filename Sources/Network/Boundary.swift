import CDuctusKernels

/// Where the sequences of a batch lie between two layers: the frames that go from one to the next.
///
/// Frames are counted from the begin of their stream; a whole sequence is a stream of one window, which is its end.
final class Boundary {
    private(set) var sequences = 0
    /// Frames of all sequences together.
    private(set) var frames = 0
    private let offsetMemory = Memory<Int32>()
    private let lengthMemory = Memory<Int32>()
    private let commitMemory = Memory<Int32>()
    private let firstMemory = Memory<Int>()

    /// Row of each sequence's first frame.
    var offsets: UnsafeMutablePointer<Int32> { offsetMemory.pointer }
    /// Frames of each sequence's window.
    var lengths: UnsafeMutablePointer<Int32> { lengthMemory.pointer }
    /// How many of them, from the left, become final in this call.
    var commits: UnsafeMutablePointer<Int32> { commitMemory.pointer }
    /// Number of the window's first frame within its stream.
    var firsts: UnsafeMutablePointer<Int> { firstMemory.pointer }

    /// As the kernels see it.
    var batch: ductus_batch {
        ductus_batch(sequences: Int32(sequences), offsets: offsets, lengths: lengths)
    }

    func removeAll(reserving count: Int) {
        _ = offsetMemory.reserve(count)
        _ = lengthMemory.reserve(count)
        _ = commitMemory.reserve(count)
        _ = firstMemory.reserve(count)
        sequences = 0
        frames = 0
    }

    func append(first: Int, length: Int, commit: Int) {
        offsets[sequences] = Int32(frames)
        lengths[sequences] = Int32(length)
        commits[sequences] = Int32(commit)
        firsts[sequences] = first
        sequences += 1
        frames += length
    }

    /// Becomes what `layer` makes of `input`; `ends` tells whose right edge is the true end.
    func follow(_ input: Boundary, through layer: Layer, ends: UnsafePointer<Bool>) {
        removeAll(reserving: input.sequences)
        for index in 0..<input.sequences {
            let first = input.firsts[index]
            let edge = first + Int(input.lengths[index])
            let outputFirst = layer.committedLength(after: first)
            let outputEdge = ends[index] ? layer.outputLength(for: edge) : layer.committedLength(after: edge)
            let committed = layer.committedLength(after: first + Int(input.commits[index]))
            append(
                first: outputFirst, length: outputEdge - outputFirst,
                commit: (ends[index] ? outputEdge : committed) - outputFirst)
        }
    }
}
