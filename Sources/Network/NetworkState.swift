/// What a network remembers of one stream between its windows.
///
/// The forward direction of each recurrent layer keeps its last state, and each convolution the few frames to the left
/// that its next output sees. Its size depends on the architecture alone, never on the stream's length, and it belongs to
/// no set of weights: a stream may go on with a new generation.
///
/// A state is used by one thread at a time.
public final class NetworkState {
    /// Frames of the network's input that are committed.
    public internal(set) var inputFrames = 0
    /// The stream has ended; `reset()` makes the state ready for another.
    public internal(set) var hasEnded = false

    /// Each layer's numbers, at `offsets`: a recurrent layer's h (then c), a convolution's last kernel − 1 input frames.
    let values: UnsafeMutableBufferPointer<Float>
    let offsets: [Int]
    let architecture: Architecture

    init(_ architecture: Architecture) {
        self.architecture = architecture
        var offsets: [Int] = []
        var total = 0
        for layer in architecture.layers {
            offsets.append(total)
            total += layer.stateSize
        }
        self.offsets = offsets
        values = .allocate(capacity: total)
        values.initialize(repeating: 0)
    }

    deinit {
        values.deallocate()
    }

    /// Frames of the network's output that are final.
    public var outputFrames: Int {
        hasEnded ? architecture.outputLength(for: inputFrames) : architecture.committedLength(after: inputFrames)
    }

    /// Bytes of memory that the stream's state takes.
    public var byteCount: Int {
        values.count * MemoryLayout<Float>.stride + offsets.count * MemoryLayout<Int>.stride + 96
    }

    /// Forgets the stream: the next window is the first of a new one.
    public func reset() {
        values.update(repeating: 0)
        inputFrames = 0
        hasEnded = false
    }

    /// Another state that goes on from the same point.
    public func copy() -> NetworkState {
        let copy = NetworkState(architecture)
        _ = copy.values.update(fromContentsOf: values)
        copy.inputFrames = inputFrames
        copy.hasEnded = hasEnded
        return copy
    }
}

extension Layer {
    /// Numbers a stream keeps for this layer.
    var stateSize: Int {
        switch self {
        case .convolution1D(let layer): (layer.kernel - 1) * layer.in
        case .recurrent(let layer): layer.cell.stateVectors * layer.hidden
        case .linear, .logSoftmax: 0
        }
    }
}

/// One window of a stream: the frames to commit and, to their right, the frames they may see (lookahead).
public struct Window {
    /// The stream's state; it moves on by `chunk` frames.
    public var state: NetworkState
    /// So many of the window's frames, from the left, are committed. The rest is lookahead and comes again.
    public var chunk: Int
    /// The window's right edge is the true end of the stream; then the chunk is the whole window.
    public var isEnd: Bool

    public init(state: NetworkState, chunk: Int, isEnd: Bool) {
        self.state = state
        self.chunk = chunk
        self.isEnd = isEnd
    }
}
